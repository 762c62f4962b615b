"""What a learner reads: texts in two languages, filled with values and broken into lines."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from ftlib.course.korean import choose_particle
from ftlib.language import language

_WIDTH = 88  # columns of a message
_PARTICLE = re.compile("{([가-힣]+)/([가-힣]+)}")


class Code(str):
    """Code that a notebook shows as it is, without quotes."""

    def __repr__(self):
        return str(self)


class Message(str):
    """A text that a notebook shows without quotes, in lines that fit a cell."""

    def __repr__(self):
        return wrap(self)


@dataclass(frozen=True)
class Text:
    """A text in both languages; `str(text)` is the one for this reader."""

    en: str
    ko: str

    def __str__(self):
        return getattr(self, language())


def fill(template: str, values: dict[str, Any]) -> str:
    """Returns a sentence with its values filled in, and its particles chosen.

    Args:
        template: The sentence, with `{name}` where a value comes, and in Korean `{은/는}` where the particle depends on
            the word before it.
        values: The values by name.

    Example:
    >>> fill("{rate:g}{으로/로} 바뀌었습니다.", {"rate": 0.03})
    '0.03으로 바뀌었습니다.'
    """
    sentence = ""
    start = 0
    for particle in _PARTICLE.finditer(template):
        sentence += template[start : particle.start()].format(**values)
        sentence += choose_particle(sentence, particle[1], particle[2])
        start = particle.end()

    return sentence + template[start:].format(**values)


def wrap(text: str) -> str:
    """Returns a text in lines of at most 88 columns, of which a Hangul syllable takes two. Breaks at spaces only."""
    lines = []
    for paragraph in str(text).split("\n"):
        line = ""
        for word in re.findall(r"\s*\S+", paragraph):
            if line.strip() and _columns(line + word) > _WIDTH:
                lines.append(line)
                word = word.lstrip()
                line = ""
            line += word
        lines.append(line)

    return "\n".join(lines)


def _columns(text):
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
