"""Checks of the exercises of lesson 17."""

import shlex

import numpy as np

from ftlib.course.answers import Mistake, call, describe

_FILES = {
    "b.png": b"round",
    "a.png": b"oval",
    "a (1).png": b"oval",
    "c.png": b"round",
    "d.png": b"round",
    "e.png": b"x",
}
_FIRST_FILES = {"b.png", "a.png"}  # of those that occur more than once
_LATER_FILES = {"a (1).png", "c.png", "d.png"}

_FLAGS = ("--no-mirror", "--no-near", "--quiet", "--json")


def _check_copies(answer):
    returned = call(answer, dict(_FILES))
    if not isinstance(returned, (list, tuple, set, frozenset)):
        return Mistake("expected_names", kind=describe(returned))
    if any(not isinstance(name, str) for name in returned):
        return Mistake("no_strings")

    names = set(returned)
    unknown_names = names - set(_FILES)
    if unknown_names:
        return Mistake("unknown_file", name=min(unknown_names))
    if names == _LATER_FILES:
        if len(returned) > len(names):
            return Mistake("named_twice")
        return None
    return _explain_names(names, shown_names=", ".join(sorted(returned)))


def _explain_names(names, shown_names):
    if names in (_FIRST_FILES | _LATER_FILES, set(_FILES)):
        return Mistake("firsts_included")
    if names == _FIRST_FILES:
        return Mistake("files_to_keep")
    if not names:
        return Mistake("none_found")
    if names == set(_FILES) - _LATER_FILES:
        return Mistake("training_files")
    if names < _LATER_FILES:
        return Mistake("copies_missed", received=shown_names)
    return Mistake("other_files", wanted=", ".join(sorted(_LATER_FILES)), received=shown_names)


def _check_apart(answer):
    # Donors of unequal size, their pictures shuffled.
    sizes = dict(zip("ABCDEFGHIJ", (3, 9, 5, 4, 7, 6, 2, 8, 5, 6), strict=True))
    donors = np.random.default_rng(3).permutation(np.repeat(list(sizes), list(sizes.values())))

    masks = []
    for seed in (0, 1, 2):
        returned = call(answer, donors, 0.3, np.random.default_rng(seed))
        mask = _read_mask(returned, donors)
        if mask is None:
            return Mistake("expected_mask", count=len(donors), kind=describe(returned))
        masks.append(mask)

    for mask in masks:
        mistake = _check_mask(mask, donors)
        if mistake is not None:
            return mistake
    if all(np.array_equal(mask, masks[0]) for mask in masks):
        return Mistake("generator_ignored")
    return None


def _read_mask(returned, donors):
    """Returns an answer as an array of True and False, one for each picture, or None where it is none."""
    try:
        mask = np.asarray(returned)
    except Exception:  # a ragged list, a model
        return None
    if mask.shape != donors.shape:
        return None
    if mask.dtype != bool and not set(np.unique(mask).tolist()) <= {0, 1}:
        return None
    return mask.astype(bool)


def _check_mask(mask, donors):
    test_donors = set(donors[mask].tolist())
    training_donors = set(donors[~mask].tolist())
    shared_donors = sorted(test_donors & training_donors)
    if shared_donors:
        return Mistake("donors_on_both_sides", donor=shared_donors[0], others=len(shared_donors) - 1)
    if not test_donors or not training_donors:
        donor_count = len(test_donors | training_donors)
        return Mistake("one_side_empty", drawn=len(test_donors), donors=donor_count)
    if len(test_donors) == 7:
        return Mistake("mask_reversed")
    if len(test_donors) != 3:
        return Mistake("other_number_of_donors", drawn=len(test_donors))
    return None


def _check_command(answer):
    if not isinstance(answer, str):
        return Mistake("expected_line", kind=describe(answer))

    command, paths, options = _parse_line(answer)
    if command != "fit":
        return Mistake("other_command", command=command)
    if paths != ["signs.csv"]:
        return Mistake("other_pictures", received=", ".join(paths) or "-")
    if "--no-mirror" not in options:
        return Mistake("mirrored")
    if options.get("--updates") != "600":
        return Mistake("other_updates", received=options.get("--updates") or "-")
    if "--no-near" in options:
        return Mistake("near_copies_divided")

    needless_options = set(options) - {"--no-mirror", "--updates", "--quiet", "--json", "--out"}
    if needless_options:
        return Mistake("option_not_asked", option=min(needless_options))
    return None


def _parse_line(line):
    """Returns the command of a line that calls `ftlib`, its paths, and its options with their values."""
    try:
        words = shlex.split(line.replace("=", " "))
    except ValueError:  # a quote that is not closed
        words = []
    if words and words[0] == "ftlib":
        words = words[1:]
    if not words:
        return "-", [], {}

    command, *rest = words
    paths = []
    options = {}
    while rest:
        word = rest.pop(0)
        if not word.startswith("--"):
            paths.append(word)
        elif word in _FLAGS:
            options[word] = True
        else:
            options[word] = rest.pop(0) if rest else ""
    return command, paths, options


CHECKS = {
    "17.1": _check_copies,
    "17.2": _check_apart,
    "17.3": _check_command,
}
