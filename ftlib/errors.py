"""The errors that `ftlib` raises on its own account, and how names and numbers are looked at before."""

import difflib
import numbers


class ProofError(AssertionError):
    """A claim that a run makes about itself does not hold, for example "frozen weights did not move".

    It is an `AssertionError`, so a notebook that runs as a test fails on it like on any broken assertion.
    """


class DamagedFileError(ValueError):
    """A file that ftlib wrote cannot be read back: it is cut off, or bytes of it have changed."""


class DownloadError(OSError):
    """Weights or images are not on this machine, and could not be fetched."""


class DivergedError(FloatingPointError):
    """The loss of a training is no longer a number, because the learning rate is too high."""


class OutOfMemoryError(RuntimeError):
    """The device does not hold even the smallest batch."""


def find_name(kind, name, known):
    """Returns the name in a table that is meant: small and capital letters, hyphens and blanks do not matter.

    Args:
        kind: What the name should be, in the singular, for the error: `"backbone"`, `"task"`.
        name: What came.
        known: The names that exist.

    Raises:
        ValueError: If no name, or not only one, is meant; see `unknown`.

    Example:
    >>> find_name("backbone", "mobilenet-v2", ["MobileNet", "MobileNetV2"])
    'MobileNetV2'
    """
    known = list(known)
    if isinstance(name, str) and name in known:
        return name
    meant = [k for k in known if isinstance(name, str) and isinstance(k, str) and _folded(k) == _folded(name)]
    if len(meant) != 1:
        raise unknown(kind, name, known)
    return meant[0]


def _folded(name):
    return "".join(letter for letter in name.casefold() if letter not in "-_ ")


def unknown(kind, name, known):
    """Returns the `ValueError` for a name that is not in a table of names, with the nearest known one.

    Args:
        kind: What the name should have been, in the singular: `"backbone"`, `"task"`.
        name: What came.
        known: The names that exist, in any order.

    Returns:
        A `ValueError`, to be raised by the caller.

    Example:
    >>> raise unknown("task", "digit", ["digits", "faces"])
    Traceback (most recent call last):
    ValueError: Unknown task 'digit'. Did you mean 'digits'? Known: digits, faces.
    """
    known = sorted(str(k) for k in known)
    near = difflib.get_close_matches(str(name).lower(), [k.lower() for k in known], n=1, cutoff=0.5)
    nearest = next((k for k in known if near and k.lower() == near[0]), None)
    hint = f" Did you mean {nearest!r}?" if nearest else ""
    return ValueError(f"Unknown {kind} {name!r}.{hint} Known: {', '.join(known)}.")


def is_whole_number(value):
    """Returns whether a value is a whole number, of Python or NumPy, and no truth value.

    Example:
    >>> is_whole_number(3), is_whole_number(np.int64(3)), is_whole_number(True), is_whole_number(3.0)
    (True, True, False, False)
    """
    return isinstance(value, numbers.Integral) and not isinstance(value, bool)
