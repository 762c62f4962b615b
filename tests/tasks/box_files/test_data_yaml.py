"""The names and parts of a data.yaml, in the ways in which programs write them."""

import pytest

from ftlib.tasks.box_files.data_yaml import read_data_yaml


def read(tmp_path, text):
    (tmp_path / "data.yaml").write_text(text, encoding="utf-8")
    return read_data_yaml(tmp_path / "data.yaml", "data.yaml")


@pytest.mark.parametrize(
    "names",
    [
        "names: ['red cell', \"it's\", plate]",
        "names:\n- red cell\n- it's\n- plate",
        "names:\n  - red cell  # the usual one\n  - it's\n  - plate\n",
        'names:\n  0: red cell\n  1: "it\'s"\n  2: plate',
        'names: {0: red cell, 1: "it\'s", 2: plate}',
        "nc: 3\nnames: [\n  'red cell',\n  \"it's\",\n  'plate',\n]\nroboflow:\n  url: https://example.org",
        'names:\n  2: plate\n  0: red cell\n  1: "it\'s"',
    ],
)
def test_names_in_every_spelling(tmp_path, names):
    assert read(tmp_path, names).names == ["red cell", "it's", "plate"]


def test_the_parts(tmp_path):
    content = read(tmp_path, "path: ../cars\ntrain: images/train\nval:\n  - a\n  - b\ntest:  # none\nnames: [x]")
    assert content.parts == {"train": ["images/train"], "val": ["a", "b"]} and content.root == "../cars"
    assert read(tmp_path, "a: 1").names == []


def test_gaps_in_the_numbers_are_refused(tmp_path):
    with pytest.raises(ValueError, match="numbered from 0 without gaps. Received: 0, 2"):
        read(tmp_path, "names:\n  0: a\n  2: b")
