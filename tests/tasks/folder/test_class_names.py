"""Names of classes that are one, stand for none, or mirror each other are noticed."""

import pytest
from folders import findings_by_kind, photos, put, table

from ftlib.tasks.folder.class_names import find_mirror_pairs, remarks_on_class_names
from ftlib.tasks.folder.inspection import inspect_data
from ftlib.tasks.registry import load_task


def test_labels_that_are_one_or_none_are_a_warning(tmp_path):
    put(tmp_path, 24)
    rows = [f"{i:03d}.png,{label}" for i, label in enumerate(["nan", "0", "0.0", "cat", "Cat", "dog"] * 4)]
    found = [f for f in inspect_data(table(tmp_path / "t.csv", rows)).findings if f.level == "warning"]
    told = " ".join(finding.text for finding in found)
    assert "'0' and '0.0'" in told and "'Cat' and 'cat'" in told and "'nan'" in told and "'dog'" not in told


def test_numbers_of_another_sign_are_no_spelling_of_each_other():
    assert remarks_on_class_names(["-1", "1", "2", "dog", "dogs"]) == []
    assert [remark.kind for remark in remarks_on_class_names(["cat", "cat\u200b", "dog"])] == ["class spelling"]
    kinds = [remark.kind for remark in remarks_on_class_names(["big cat", "big_cat", "N/A"])]
    assert kinds == ["class spelling", "missing label"]


@pytest.mark.parametrize(
    "names, pairs",
    [
        (["turn_left", "turn_right", "stop"], 1),
        (["handLeft", "handRight"], 1),
        (["왼손", "오른손"], 1),
        (["좌회전", "우회전"], 1),
        (["cw", "ccw"], 1),
        (["leftturn", "rightturn"], 1),
        (["left_to_right", "right_to_left"], 1),
        (["clockwise", "counter-clockwise"], 1),
        (["Linksabbieger", "Rechtsabbieger"], 1),
        (["izquierdo", "derecho"], 1),
        (["l", "r"], 1),
        (["al", "ar"], 0),
        (["left", "bright"], 0),
        (["cat", "dog"], 0),
    ],
)
def test_left_and_right_are_seen(names, pairs):
    assert len(find_mirror_pairs(names)) == pairs


def test_left_and_right_are_not_mirrored_unless_one_says_so(tmp_path):
    photos(tmp_path, classes=("turn_left", "turn_right"))
    task = load_task(tmp_path)
    assert not task.mirror and any("--no-mirror" in note for note in task.notes)
    assert load_task(tmp_path, mirror=True).mirror
    assert "turn_left and turn_right" in findings_by_kind(tmp_path)["mirror"].text
