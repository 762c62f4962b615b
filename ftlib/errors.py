"""The two kinds of error that `ftlib` raises on its own account."""

import difflib


class ProofError(AssertionError):
    """A claim that a run makes about itself does not hold, for example "frozen weights did not move".

    It is an `AssertionError`, so a notebook that runs as a test fails on it like on any broken assertion.
    """


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
