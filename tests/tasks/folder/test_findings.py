"""Each finding is a sentence about the pictures that it names; where all is well, there is none."""

import pathlib

import numpy as np

from ftlib.tasks.folder import findings
from ftlib.tasks.folder.check import FolderReport, Look
from ftlib.tasks.folder.picture_file import LostPictures, PictureFile, Skipped

PATH = pathlib.Path("somewhere")


def report_of(files, **found):
    """Returns a report on some pictures, and on whatever else was found."""
    looks = {file.id: Look((64, 48), False, np.arange(32 * 32).reshape(32, 32) % 251) for file in files}
    contents = dict(unreadable={}, conflicts=(), duplicates=(), misnamed={}, converted={}, skipped={}, looks=looks)
    class_names = tuple(sorted({file.class_name for file in files}))
    return FolderReport(PATH, class_names, tuple(files), **(contents | found))


def pictures(counts, part="all", group=""):
    return [
        PictureFile(f"{part}/{name}/{i}.png", part, name, PATH, group)
        for name, count in counts.items()
        for i in range(count)
    ]


def test_a_good_folder_has_one_note_on_sizes():
    report = report_of(pictures({"cat": 9, "dog": 9}))
    for inspect in (findings.inspect_files, findings.inspect_exact_copies, findings.inspect_groups):
        assert inspect(report) == []
    assert findings.inspect_near_copies(report, [], frozenset()) == [] == findings.inspect_series(report, [])
    (sizes,) = findings.inspect_sizes(report)
    assert sizes.level == "note" and "64 x 48 pixels (median), sides of 48 to 64; in colour." in sizes.text


def test_what_is_lost_is_a_warning_and_what_is_misnamed_a_note():
    lost = {"extra": LostPictures("outside of class folders", 7)}
    report = report_of(pictures({"cat": 9, "dog": 9}), lost=lost, misnamed={"all/cat/0.png": "JPEG"})
    by_kind = {finding.kind: finding for finding in findings.inspect_files(report)}
    assert by_kind["lost"].level == "warning" and by_kind["lost"].ids == ("extra",)
    assert "7 pictures outside of class folders" in by_kind["lost"].text
    assert by_kind["misnamed"].level == "note" and "is JPEG" in by_kind["misnamed"].text


def test_skipped_links_are_a_warning_and_skipped_notes_are_not():
    for kind, level in (("link", "warning"), ("outward link", "warning"), ("other", "note")):
        skipped = {"cat/notes.txt": Skipped(kind, "holds a link")}
        report = report_of(pictures({"cat": 9, "dog": 9}), skipped=skipped)
        assert [finding.level for finding in findings.inspect_files(report)] == [level]


def test_near_copies_are_sorted_into_leaks_conflicts_and_harmless_ones():
    files = pictures({"cat": 4, "dog": 2})
    cat, second_cat, third_cat, fourth_cat, dog, _ = (file.id for file in files)
    groups = [(cat, dog), (second_cat, third_cat)]
    kinds = [finding.kind for finding in findings.inspect_near_copies(report_of(files), groups, frozenset())]
    assert kinds == ["near conflict", "near duplicate"]
    left_out = frozenset({second_cat})
    (leak,) = findings.inspect_near_copies(report_of(files), [(second_cat, third_cat)], left_out)
    assert leak.kind == "near leak" and leak.ids == (second_cat,) and fourth_cat not in leak.text


def test_a_group_in_several_splits_is_a_leak():
    files = pictures({"cat": 2, "dog": 2}, "train", "p1") + pictures({"cat": 2, "dog": 2}, "test", "p1")
    (leak,) = findings.inspect_groups(report_of(files))
    assert leak.level == "warning" and leak.text.endswith("divides by group: p1")


def test_a_division_that_failed_names_every_small_class_and_where_its_pictures_went():
    files = pictures({"cat": 2, "dog": 1})
    report = report_of(files, unreadable={"cat/a.png": "empty file (0 bytes)"}, duplicates=(("b", "c"),))
    finding = findings.explain_failed_division(report, files, ValueError("one class is small"))
    assert finding.level == "error" and finding.text.startswith("2 of 2 classes have too few usable pictures")
    assert "cat 2, dog 1" in finding.text
    assert finding.text.endswith("Left out: 1 unreadable (cat/a.png: empty file (0 bytes)); 1 copies (b: c).")
    large = pictures({"cat": 9, "dog": 9})
    bound = findings.explain_failed_division(report_of(large), large, ValueError("Bound."), [("a", "b")])
    assert bound.text.startswith("Bound. 2 pictures in 1 group were taken for nearly the same.")


def test_balance_counts_training_and_test_pictures():
    report = report_of(pictures({"cat": 9, "dog": 3}))
    parts = {"train": pictures({"cat": 9, "dog": 3}), "validation": [], "test": pictures({"cat": 50})}
    imbalance, small_test = findings.inspect_balance(report, parts)
    assert imbalance.text.startswith("Uneven classes: 9 training pictures of cat, 3 of dog.")
    assert small_test.level == "note" and "50 test pictures" in small_test.text
    assert "about 8 percentage points" in small_test.text
