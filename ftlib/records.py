"""Where the recorded measurements lie: in a clone beside the package, in an installed package inside it."""

import pathlib

_PACKAGE = pathlib.Path(__file__).parent


def records_folder(name):
    """Returns a folder of recorded measurements.

    Args:
        name: As in the repository: `"results"` or `"benchmarks/results"`.

    Example:
    >>> from ftlib.records import records_folder
    >>> (records_folder("results") / "digits.json").exists()
    True
    """
    # `setup.py` puts the copy there. It comes first, since beside an installed package lies what belongs to others.
    copy = _PACKAGE / "recorded" / name
    return copy if copy.is_dir() else _PACKAGE.parent / name
