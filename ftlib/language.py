"""The language of whoever reads: of exercises, and of the words that pictures add to those they are given."""

import contextlib
import contextvars
import os
import pathlib
import re
from collections.abc import Iterator

from ftlib.errors import unknown

LANGUAGES = ("en", "ko")
_FIXED_LANGUAGE: contextvars.ContextVar[str | None] = contextvars.ContextVar("fixed_language", default=None)


def language() -> str:
    """Returns `"en"` or `"ko"`: FTLIB_LANG, else the folder that the notebook lies in, else English.

    Within `fixed_language` it is the one that was named there.

    Raises:
        ValueError: For an FTLIB_LANG that is neither.
    """
    fixed = _FIXED_LANGUAGE.get()
    if fixed is not None:
        return fixed

    wanted = os.environ.get("FTLIB_LANG", "").strip().lower()
    if wanted:
        if wanted not in LANGUAGES:
            raise unknown("language in FTLIB_LANG", wanted, LANGUAGES)
        return wanted

    # JupyterLab names the notebook. The last folder counts: somebody's home may be called `ko`.
    folders = re.split(r"[/\\]", os.environ.get("JPY_SESSION_NAME", ""))[:-1]
    named_folders = [folder for folder in folders if folder in LANGUAGES]
    if named_folders:
        return named_folders[-1]

    # Elsewhere a kernel starts in the folder of its notebook.
    return "ko" if pathlib.Path.cwd().name == "ko" else "en"


@contextlib.contextmanager
def fixed_language(name: str) -> Iterator[None]:
    """Fixes the language within a `with`, or of a function that it decorates: a report is English for all its readers.

    Args:
        name: `"en"` or `"ko"`.

    Raises:
        ValueError: For another name.

    Example:
    >>> with fixed_language("ko"):
    ...     language()
    'ko'
    """
    if name not in LANGUAGES:
        raise unknown("language", name, LANGUAGES)
    token = _FIXED_LANGUAGE.set(name)
    try:
        yield
    finally:
        _FIXED_LANGUAGE.reset(token)
