"""Texts of a CSV file and of a folder: what is read, what is left out and why, and what is refused."""

import pytest
from folders import photos, table
from texts import sentences, write_folder, write_table

from ftlib.tasks.text_files.listing import holds_texts, list_texts, read_unlabelled_texts


@pytest.mark.parametrize("title", ["text", "Sentence", "DOCUMENT", "review", "comment", "content"])
def test_columns_of_texts_have_their_usual_names(tmp_path, title):
    path = write_table(tmp_path / "t.csv", sentences(3), f"{title},Class")
    assert holds_texts(path)
    listing = list_texts(path)
    assert listing.class_names == ("bad", "good")
    assert listing.rows[0].text == sentences(3)[0][0] and listing.rows[0].id == "line 2"


def test_a_table_of_pictures_stays_one_and_a_path_to_nothing_makes_none(tmp_path):
    place = photos(tmp_path / "pets")
    files = sorted(place.rglob("*.png"))
    rows = [f"{file.relative_to(place).as_posix()},nice,{file.parent.name}" for file in files]
    assert not holds_texts(table(place / "pictures.csv", rows, "path,comment,label"))
    assert holds_texts(write_table(tmp_path / "t.csv", [("a.png", "nice", "x")], "path,comment,label"))
    assert not holds_texts(place) and not holds_texts(tmp_path / "nothing.csv")


def test_a_folder_of_text_files_with_and_without_parts(tmp_path):
    plain = write_folder(tmp_path / "plain", sentences(3))
    assert holds_texts(plain) and len(list_texts(plain).rows) == 6
    for part in ("train", "val"):
        write_folder(tmp_path / "parts" / part, sentences(3))
    (tmp_path / "parts" / "train" / "good" / "notes.md").write_text("none")
    (tmp_path / "parts" / "train" / "good" / "old.txt").write_bytes("좋다".encode("cp949"))
    listing = list_texts(tmp_path / "parts")
    assert {row.part for row in listing.rows} == {"train", "validation"} and len(listing.rows) == 12
    assert listing.skipped["train/good/notes.md"] == "not a .txt file"
    assert "CP949" in listing.skipped["train/good/old.txt"]


def test_what_cannot_be_used_is_left_out_with_its_reason(tmp_path):
    rows = [("fine film", "good"), ("  ", "good"), ("dull", ""), ("bad film", "bad"), ("well, well", " good", "x")]
    listing = list_texts(write_table(tmp_path / "t.csv", rows))
    assert [row.id for row in listing.rows] == ["line 2", "line 5"]
    assert listing.skipped["line 3"] == "an empty text" and listing.skipped["line 4"] == "no label"
    assert "stands in quotes" in listing.skipped["line 6"]


def test_ids_of_the_table_are_kept_and_made_distinct(tmp_path):
    rows = [("a1", "x", "one"), ("a1", "y", "two"), ("a3", "z", "one")]
    listing = list_texts(write_table(tmp_path / "t.csv", rows, "id,text,label"))
    assert [row.id for row in listing.rows] == ["a1 (line 2)", "a1 (line 3)", "a3"]


NUMBERS = [(f"text {i}", f"{i}.5") for i in range(30)]


@pytest.mark.parametrize(
    "head, rows, message",
    [
        ("words,label", [("a", "b")], "needs .* a column text .*Received the columns: words, label"),
        ("text,mood", [("a", "b")], "needs .* a column label .*Received the columns: text, mood"),
        ("text,comment,label", [("a", "b", "c")], "2 columns that could be the text"),
        ("text,label", [], "no text with a label.*it has no rows"),
        ("text,label", [("", "a"), (" ", "b")], "Received: 2 left out, such as line 2: an empty text"),
        ("text,label", [("a", ""), ("b", "")], "line 2: no label"),
        ("text,label", [("a", "x"), ("b", "x")], "single class 'x'"),
        ("text,label", NUMBERS, "needs the name of a class. Received: 30 of 30 labels are numbers, such as '0.5'"),
        ("text,label,split", [("a", "x", "train"), ("b", "y", "later")], "Received: 'later' in line 3"),
        ("text,label,split", [("a", "x", "test"), ("b", "y", "test")], "no rows to train on"),
        ("text,label,split", [("a", "x", "train"), ("b", "y", "train"), ("c", "z", "test")], "does not have: z"),
    ],
)
def test_tables_that_cannot_be_a_task(tmp_path, head, rows, message):
    with pytest.raises(ValueError, match=message):
        list_texts(write_table(tmp_path / "t.csv", rows, head))


def test_a_label_column_by_name(tmp_path):
    path = write_table(tmp_path / "t.csv", [("a", "x"), ("b", "y")], "text,Mood")
    assert list_texts(path, label_columns=["mood"]).class_names == ("x", "y")
    with pytest.raises(ValueError, match="one label, from one column"):
        list_texts(path, label_columns=["mood", "text"])


def test_texts_without_labels_come_from_tables_and_lines(tmp_path):
    path = write_table(tmp_path / "t.csv", [("one",), ("two",)], "text")
    assert read_unlabelled_texts(path) == [("line 2", "one"), ("line 3", "two")]
    (tmp_path / "t.txt").write_text("one\n\n two \n", encoding="utf-8")
    assert read_unlabelled_texts(tmp_path / "t.txt") == [("line 1", "one"), ("line 3", "two")]
    (tmp_path / "empty.txt").write_text("\n")
    with pytest.raises(ValueError, match="has no texts"):
        read_unlabelled_texts(tmp_path / "empty.txt")
    with pytest.raises(FileNotFoundError):
        read_unlabelled_texts(tmp_path / "gone.txt")
