"""The source of a deck: one Markdown file, both languages, slide by slide.

Slides are separated by `---`. Each begins with what both languages share, then comes its English and its Korean text,
and each text ends with a comment, the speaker's notes:

    ---
    <!-- figure -->
    <!-- holds: digits("scratch", 1) < digits("scratch", 50) -->

    <!-- en -->
    # Few labels are not enough
    ![What those who do not see the figure should know](scratch_by_labels)
    <!--
    Say: ...
    Ask: ...
    Show: lesson 01b, "What it costs"
    -->

    <!-- ko -->
    ...

The first comment is the kind of slide, a class of theme.css. `holds` is a claim of the slide that the build checks.
"""

import re
from dataclasses import dataclass, field

LANGUAGES = ("en", "ko")
KINDS = ("lead", "plain", "figure", "predict", "number")
NOTES = {"en": ("Say", "Ask", "Show"), "ko": ("말하기", "묻기", "보여 주기")}
PLACEHOLDER = re.compile(r"\{\{\s*(.+?)\s*\}\}")
FIGURE = re.compile(r"!\[([^\]]*)\]\(([\w-]+)\)")
CODE = re.compile(r"^```\w*\n(.*?)^```$", re.M | re.S)
_SPAN = re.compile(r"`[^`\n]+`")
_MEASURED = re.compile(r"\d[\d,]*(?:\.\d+)?\s?(?:%p|%|points?\b|포인트|퍼센트)|\d+\.\d+")
# Words that Marp obeys when they stand alone in an alt text: it filters the image.
OBEYED = {
    "bg", "blur", "brightness", "contrast", "drop-shadow", "grayscale", "hue-rotate", "invert", "opacity", "saturate",
    "sepia",
}  # fmt: skip
# What may be typed although it looks measured, and why.
TYPED = {
    "95%": "the level of every interval",
    "10%": "what guessing gives with ten classes",
}
# What the last row can take in: words beside a figure, words alone, words in a table; lines and width of code.
WORDS, ALONE, TABLE, TITLE = 14, 28, 50, 13
LINES, WIDTH = 8, 62


class DeckError(Exception):
    """What the author has to mend, with the place."""


@dataclass
class Slide:
    """A slide in both languages; `title`, `body` and `notes` are dicts by language."""

    where: str
    kind: str = "plain"
    holds: list = field(default_factory=list)
    title: dict = field(default_factory=dict)
    body: dict = field(default_factory=dict)  # without the title
    notes: dict = field(default_factory=dict)  # by language, then by Say, Ask and Show

    def text(self, language):
        """Returns all of it that can hold numbers: title, body and notes."""
        return "\n".join([self.title[language], self.body[language], *self.notes[language].values()])

    def figures(self, language="en"):
        """Returns the figures of a slide, `[(alt text, name)]`."""
        return FIGURE.findall(self.body[language])


def read_deck(path):
    """Returns the slides of a source file, checked.

    Raises:
        DeckError: For a slide without its twin, without notes, with too much on it, or with a measured number typed.
    """
    slides = []
    for slide_number, chunk in enumerate(re.split(r"^---$", path.read_text(encoding="utf-8"), flags=re.M), start=1):
        slide = _slide(chunk, f"{path.name}, slide {slide_number}")
        _check_twins(slide)
        for language in LANGUAGES:
            _check_size(slide, language)
            _check_typed(slide, language)
        slides.append(slide)
    if slides[0].kind != "lead" or any(s.kind == "lead" for s in slides[1:]):
        raise DeckError(f"{path.name}: the first slide, and no other, is `<!-- lead -->`.")
    return slides


def _slide(chunk, place):
    head, *language_parts = re.split(r"^<!-- (\w\w) -->$", chunk, flags=re.M)
    if tuple(language_parts[::2]) != LANGUAGES:
        raise DeckError(
            f"{place}: a slide has its text after `<!-- en -->` and then its twin after `<!-- ko -->`. "
            f"Received: {', '.join(language_parts[::2]) or 'neither'}."
        )
    slide = Slide(place)
    for line in filter(None, map(str.strip, head.splitlines())):
        claim = re.fullmatch(r"<!-- holds: (.+) -->", line)
        kind = re.fullmatch(r"<!-- (\w+) -->", line)
        if claim:
            slide.holds.append(claim[1])
        elif kind and kind[1] in KINDS:
            slide.kind = kind[1]
        else:
            kinds = ", ".join(KINDS)
            raise DeckError(f"{place}: above its texts a slide has its kind ({kinds}) or `holds`. Received: {line!r}.")
    for language, text in zip(LANGUAGES, language_parts[1::2], strict=True):
        text_match = re.fullmatch(r"\s*# ([^\n]+)\n(.*?)<!--\n(.*?)\n-->\s*", text, re.S)
        if not text_match:
            raise DeckError(f"{place} ({language}) is '# Title', what is on it, and a comment with the notes.")
        slide.title[language], slide.body[language] = text_match[1].strip(), text_match[2].strip()
        slide.notes[language] = _notes(text_match[3], language, place)
    return slide


def _notes(text, language, place):
    note_keys = NOTES[language]
    note_parts = re.split(rf"^({'|'.join(note_keys)}): ", text.strip(), flags=re.M)
    note_names = note_parts[1::2]
    if note_parts[0] or note_names != [key for key in note_keys if key in note_names] or note_keys[0] not in note_names:
        raise DeckError(
            f"{place} ({language}): notes are {', '.join(note_keys)}, in this order; the first must be there."
        )
    return {key: " ".join(part.split()) for key, part in zip(note_names, note_parts[2::2], strict=True)}


def _check_twins(slide):
    """Raises unless both languages have the same figures, code, numbers, points and rows."""
    compared_parts = {
        "figures": lambda s, x: [name for _, name in s.figures(x)],
        "code": lambda s, x: CODE.findall(s.body[x]),
        "placeholders": lambda s, x: sorted(set(PLACEHOLDER.findall(s.text(x)))),
        "points": lambda s, x: len(re.findall(r"^(?:-|\d\.) ", s.body[x], re.M)),
        "rows of its table": lambda s, x: len(re.findall(r"^\|", s.body[x], re.M)),
        "parts of its notes": lambda s, x: len(s.notes[x]),
    }
    for name, read_part in compared_parts.items():
        english_part, korean_part = read_part(slide, "en"), read_part(slide, "ko")
        if english_part != korean_part:
            raise DeckError(
                f"{slide.where}: the {name} differ. Received: {english_part} in English, {korean_part} in Korean."
            )
    for language in LANGUAGES:
        if any(not alt.strip() for alt, _ in slide.figures(language)):
            raise DeckError(f"{slide.where} ({language}) shows a figure without alt text.")
        obeyed_words = [word for alt, _ in slide.figures(language) for word in alt.split() if word in OBEYED]
        if obeyed_words:
            raise DeckError(f"{slide.where} ({language}): Marp takes {obeyed_words[0]!r} in an alt text for a command.")


def _check_size(slide, language):
    body, place = slide.body[language], f"{slide.where} ({language})"
    code_lines = [line for block in CODE.findall(body) for line in block.splitlines()]
    if len(code_lines) > LINES or any(len(line) > WIDTH for line in code_lines):
        raise DeckError(f"{place}: code has at most {LINES} lines of {WIDTH} characters.")
    plain_text = PLACEHOLDER.sub("9", FIGURE.sub("", CODE.sub("", body)))
    table_rows = re.findall(r"^\|.*$", plain_text, re.M)
    text_alone = re.sub(r"^\|.*$", "", plain_text, flags=re.M)
    counted_texts = {
        "title": (slide.title[language], TITLE),
        "text": (text_alone, WORDS if slide.figures() or table_rows else ALONE),
    }
    counted_texts["table"] = "\n".join(table_rows), TABLE
    for name, (counted_text, most_words) in counted_texts.items():
        words = [word for word in counted_text.split() if re.search(r"\w", word)]
        if len(words) > most_words:
            raise DeckError(f"{place}: {len(words)} words of {name}, at most {most_words} for the last row.")


def typed(text):
    """Returns the numbers in a text that look measured and are neither filled in nor allowed."""
    text = PLACEHOLDER.sub("", _SPAN.sub("", CODE.sub("", text)))
    return [hit for hit in _MEASURED.findall(text) if re.sub(r"\s", "", hit) not in TYPED]


def _check_typed(slide, language):
    hits = typed(slide.text(language))
    if hits:
        raise DeckError(f"{slide.where} ({language}): {hits[0]!r} is typed. A measured number is a placeholder.")
