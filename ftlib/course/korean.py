"""Korean particles, chosen by how the word before them is read aloud."""

import re

_CODAS = (
    *("", "ㄱ", "ㄲ", "ㄳ", "ㄴ", "ㄵ", "ㄶ", "ㄷ", "ㄹ", "ㄺ", "ㄻ", "ㄼ", "ㄽ", "ㄾ", "ㄿ", "ㅀ"),
    *("ㅁ", "ㅂ", "ㅄ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ"),
)
_FIRST_SYLLABLE, _LAST_SYLLABLE = "가", "힣"

_DIGITS = "영일이삼사오육칠팔구"
# An integer that ends in zeros is read with a unit: 30 삼십, 20,000 이만, 300,000 삼십만.
_UNITS = {1: "십", 2: "백", 3: "천", 4: "만", 8: "억", 12: "조", 16: "경"}
_SIGNS = {"%": "퍼센트", "°": "도"}
_LETTER_NAMES = (
    "에이 비 시 디 이 에프 지 에이치 아이 제이 케이 엘 엠 엔 오 피 큐 알 에스 티 유 브이 더블유 엑스 와이 제트"
)
_LETTERS = dict(zip("abcdefghijklmnopqrstuvwxyz", _LETTER_NAMES.split(), strict=True))

_QUOTES = " \t\n`'\"“”‘’"
_SILENT = _QUOTES + ".,:;!?()[]{}<>"
_LAST_WORD = re.compile(r"(?:\d[\d,]*\.\d+|\d[\d,]*|[A-Za-z]+|[가-힣]|[%°])$")
_EXPONENT = re.compile(r"\d[eE][+-]?0*(\d+)$")
# A stop closes the syllable after a short vowel, as in step 스텝; elsewhere it gets one of its own, as in list 리스트.
_CLOSED_BY_STOP = re.compile(r"(?<![aeiou])[aeiou](?:b|p|ck|k|c|t)$|(?:out|ook)$")
_STOPS = {"b": "ㅂ", "p": "ㅂ", "k": "ㄱ", "c": "ㄱ", "t": "ㅅ"}


def choose_particle(text: str, after_consonant: str, after_vowel: str) -> str:
    """Returns the form of a particle that suits the text before it.

    Args:
        text: What stands before the particle; only its last word counts.
        after_consonant: The form after a final consonant, such as `"은"`.
        after_vowel: The form after a vowel, such as `"는"`.

    Example:
    >>> choose_particle("0.693", "은", "는"), choose_particle("1e-4", "으로", "로")
    ('은', '로')
    """
    coda = final_consonant(text)
    if coda == "ㄹ" and after_consonant.startswith("으"):  # 서울로, 1로
        return after_vowel

    return after_consonant if coda else after_vowel


def final_consonant(text: str) -> str:
    """Returns the consonant in which a text ends as it is read in Korean, or `""` where it ends in a vowel.

    Numbers are read as Sino-Korean, abbreviations letter by letter, and other Latin words as they are usually
    transcribed, by a rule of thumb. Quotes are not read, nor is a bracket right behind a word, as in `손실(0.3)`.

    Example:
    >>> final_consonant("학습률"), final_consonant("100"), final_consonant("`model`"), final_consonant("SGD")
    ('ㄹ', 'ㄱ', 'ㄹ', '')
    """
    unquoted = text.rstrip(_QUOTES)
    spoken = re.sub(r"(?<=\S)\([^()]*\)$", "", unquoted).rstrip(_SILENT)
    last_word = _LAST_WORD.search(spoken)
    if last_word is None:
        return ""

    word = last_word[0]
    exponent = _EXPONENT.search(spoken)
    if exponent:  # 1e-3 일 이 마이너스 삼
        return _coda(_read_number(exponent[1]))
    if word[0].isdigit():
        return _coda(_read_number(word))
    if word.isascii() and word.isalpha():
        return _latin_coda(word)
    return _coda(_SIGNS.get(word, word))


def _coda(word):
    """Returns the final consonant of a word in Hangul."""
    syllable = word[-1]
    if not _FIRST_SYLLABLE <= syllable <= _LAST_SYLLABLE:
        return ""
    return _CODAS[(ord(syllable) - ord(_FIRST_SYLLABLE)) % len(_CODAS)]


def _read_number(number):
    """Returns the last syllable of a number as it is read: 삼 of 0.693, 십 of 30."""
    digits = number.replace(",", "")
    zeros = len(digits) - len(digits.rstrip("0"))
    every_digit_is_read = "." in digits or zeros in (0, len(digits))
    if every_digit_is_read:
        return _DIGITS[int(digits[-1])]

    return _UNITS[max(places for places in _UNITS if places <= zeros)]


def _latin_coda(word):
    """Returns the final consonant of a Latin word as Korean transcribes it."""
    lower = word.lower()
    is_spelled_out = len(word) == 1 or word.isupper() or not re.search("[aeiouy]", lower)
    if is_spelled_out:
        return _coda(_LETTERS[lower[-1]])

    if lower.endswith("ng"):
        return "ㅇ"
    heard = re.sub("(?<=[lmn])e$", "", lower)  # file 파일, name 네임, line 라인
    if heard[-1] in "lmn":
        return _coda(_LETTERS[heard[-1]])
    if _CLOSED_BY_STOP.search(lower):
        return _STOPS[lower[-1]]
    return ""
