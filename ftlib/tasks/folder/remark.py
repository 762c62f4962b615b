"""One line about the pictures of a folder."""

from typing import NamedTuple


class Remark(NamedTuple):
    """One thing worth saying about a folder of pictures.

    Attributes:
        kind: A word for programs, such as `"unreadable"`.
        line: A line for people.
    """

    kind: str
    line: str
