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
    Show: lesson 01, "What it costs"
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


def read(path):
    """Returns the slides of a source file, checked.

    Raises:
        DeckError: For a slide without its twin, without notes, with too much on it, or with a measured number typed.
    """
    slides = []
    for number, chunk in enumerate(re.split(r"^---$", path.read_text(encoding="utf-8"), flags=re.M), start=1):
        slide = _slide(chunk, f"{path.name}, slide {number}")
        _check_twins(slide)
        for language in LANGUAGES:
            _check_size(slide, language)
            _check_typed(slide, language)
        slides.append(slide)
    if slides[0].kind != "lead" or any(s.kind == "lead" for s in slides[1:]):
        raise DeckError(f"{path.name}: the first slide, and no other, is `<!-- lead -->`.")
    return slides


def _slide(chunk, where):
    head, *parts = re.split(r"^<!-- (\w\w) -->$", chunk, flags=re.M)
    if tuple(parts[::2]) != LANGUAGES:
        raise DeckError(
            f"{where}: a slide has its text after `<!-- en -->` and then its twin after `<!-- ko -->`. "
            f"Received: {', '.join(parts[::2]) or 'neither'}."
        )
    slide = Slide(where)
    for line in filter(None, map(str.strip, head.splitlines())):
        claim = re.fullmatch(r"<!-- holds: (.+) -->", line)
        kind = re.fullmatch(r"<!-- (\w+) -->", line)
        if claim:
            slide.holds.append(claim[1])
        elif kind and kind[1] in KINDS:
            slide.kind = kind[1]
        else:
            kinds = ", ".join(KINDS)
            raise DeckError(f"{where}: above its texts a slide has its kind ({kinds}) or `holds`. Received: {line!r}.")
    for language, text in zip(LANGUAGES, parts[1::2], strict=True):
        whole = re.fullmatch(r"\s*# ([^\n]+)\n(.*?)<!--\n(.*?)\n-->\s*", text, re.S)
        if not whole:
            raise DeckError(f"{where} ({language}) is '# Title', what is on it, and a comment with the notes.")
        slide.title[language], slide.body[language] = whole[1].strip(), whole[2].strip()
        slide.notes[language] = _notes(whole[3], language, where)
    return slide


def _notes(text, language, where):
    keys = NOTES[language]
    found = re.split(rf"^({'|'.join(keys)}): ", text.strip(), flags=re.M)
    named = found[1::2]
    if found[0] or named != [key for key in keys if key in named] or keys[0] not in named:
        raise DeckError(f"{where} ({language}): notes are {', '.join(keys)}, in this order; the first must be there.")
    return {key: " ".join(part.split()) for key, part in zip(named, found[2::2], strict=True)}


def _check_twins(slide):
    """Raises unless both languages have the same figures, code, numbers, points and rows."""
    parts = {
        "figures": lambda s, x: [name for _, name in s.figures(x)],
        "code": lambda s, x: CODE.findall(s.body[x]),
        "placeholders": lambda s, x: sorted(set(PLACEHOLDER.findall(s.text(x)))),
        "points": lambda s, x: len(re.findall(r"^(?:-|\d\.) ", s.body[x], re.M)),
        "rows of its table": lambda s, x: len(re.findall(r"^\|", s.body[x], re.M)),
        "parts of its notes": lambda s, x: len(s.notes[x]),
    }
    for name, part in parts.items():
        en, ko = part(slide, "en"), part(slide, "ko")
        if en != ko:
            raise DeckError(f"{slide.where}: the {name} differ. Received: {en} in English, {ko} in Korean.")
    for language in LANGUAGES:
        if any(not alt.strip() for alt, _ in slide.figures(language)):
            raise DeckError(f"{slide.where} ({language}) shows a figure without alt text.")
        obeyed = [word for alt, _ in slide.figures(language) for word in alt.split() if word in OBEYED]
        if obeyed:
            raise DeckError(f"{slide.where} ({language}): Marp takes {obeyed[0]!r} in an alt text for a command.")


def _check_size(slide, language):
    body, where = slide.body[language], f"{slide.where} ({language})"
    code = [line for block in CODE.findall(body) for line in block.splitlines()]
    if len(code) > LINES or any(len(line) > WIDTH for line in code):
        raise DeckError(f"{where}: code has at most {LINES} lines of {WIDTH} characters.")
    text = PLACEHOLDER.sub("9", FIGURE.sub("", CODE.sub("", body)))
    rows = re.findall(r"^\|.*$", text, re.M)
    alone = re.sub(r"^\|.*$", "", text, flags=re.M)
    many = {"title": (slide.title[language], TITLE), "text": (alone, WORDS if slide.figures() or rows else ALONE)}
    many["table"] = "\n".join(rows), TABLE
    for name, (part, most) in many.items():
        words = [word for word in part.split() if re.search(r"\w", word)]
        if len(words) > most:
            raise DeckError(f"{where}: {len(words)} words of {name}, at most {most} for the last row.")


def typed(text):
    """Returns the numbers in a text that look measured and are neither filled in nor allowed."""
    text = PLACEHOLDER.sub("", _SPAN.sub("", CODE.sub("", text)))
    return [hit for hit in _MEASURED.findall(text) if re.sub(r"\s", "", hit) not in TYPED]


def _check_typed(slide, language):
    hits = typed(slide.text(language))
    if hits:
        raise DeckError(f"{slide.where} ({language}): {hits[0]!r} is typed. A measured number is a placeholder.")
