"""What counts as a picture, and how names are spelled: the same answer wherever a folder is read."""

import unicodedata

import pytest
from folders import findings_by_kind, photo, photos, put, table
from PIL import Image

from ftlib.app.predicting import find_picture_files
from ftlib.exports.export import export
from ftlib.files import (
    FileFinder,
    distinct_names,
    find_path,
    is_output,
    is_picture,
    normalize_name,
    walk_pictures,
    written_whole,
)
from ftlib.tasks.folder.check import check_folder
from ftlib.tasks.registry import load_task

COMPOSED, PARTED = (unicodedata.normalize(form, "장미") for form in ("NFC", "NFD"))


def test_class_folders_that_read_alike_are_one_class_with_all_their_pictures(tmp_path):
    for seed, name in enumerate((COMPOSED, PARTED, "tulip")):
        put(tmp_path / name, 12, seed)
    report = check_folder(tmp_path)
    assert report.counts == {"all": {"tulip": 12, COMPOSED: 24}}
    assert len({file.id for file in report.files}) == 36
    assert report.respelled[COMPOSED] == 2 and findings_by_kind(tmp_path)["respelled"].level == "note"
    task = load_task(tmp_path)
    assert sum(len(split) for split in (task.train, task.validation, task.test)) == 36


def test_files_that_read_alike_are_both_used_in_a_folder_and_in_a_table(tmp_path):
    put(tmp_path / "x", 3, 1), put(tmp_path / "y", 5, 2)
    photo(70).save(tmp_path / "x" / f"{COMPOSED}.png")
    photo(71).save(tmp_path / "x" / f"{PARTED}.png")
    assert check_folder(tmp_path).counts == {"all": {"x": 5, "y": 5}}
    rows = [f"{file.relative_to(tmp_path).as_posix()},{file.parent.name}" for file in tmp_path.glob("*/*.png")]
    report = check_folder(table(tmp_path / "t.csv", rows))
    assert report.counts == {"all": {"x": 5, "y": 5}} and report.respelled == {f"x/{COMPOSED}.png": 2}


@pytest.mark.parametrize("disk, written", [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_table_finds_files_that_the_disk_spells_otherwise(tmp_path, disk, written):
    rows = []
    for seed, name in enumerate(("장미", "é")):
        put(tmp_path / unicodedata.normalize(disk, name), 6, seed)
        rows += [unicodedata.normalize(written, f"{name}/{i:03d}.png,{name}") for i in range(6)]
    assert len(check_folder(table(tmp_path / "t.csv", rows)).files) == 12


def test_a_file_is_found_by_the_names_of_other_systems(tmp_path):
    put(tmp_path / PARTED / "in", 1)
    finder = FileFinder(tmp_path)
    for name in (f"{COMPOSED}/in/000.png", f"{PARTED}\\in\\000.png", f"{COMPOSED}\\in/000.png"):
        assert finder.find(name) == tmp_path / PARTED / "in" / "000.png"
    assert finder.find("nowhere/a.png") == tmp_path / "nowhere" / "a.png"
    assert find_path(tmp_path / COMPOSED) == tmp_path / PARTED


def test_of_two_files_that_a_name_may_mean_none_is_taken(tmp_path):
    place = tmp_path / unicodedata.normalize("NFD", "éé")
    place.mkdir()
    (tmp_path / ("é" + unicodedata.normalize("NFD", "é"))).mkdir()
    assert not FileFinder(tmp_path).find(unicodedata.normalize("NFC", "éé")).exists()


def test_names_are_told_apart():
    assert distinct_names([PARTED, COMPOSED, "a"]) == [f"{COMPOSED} (2)", COMPOSED, "a"]
    assert distinct_names([COMPOSED, PARTED, f"{COMPOSED} (2)"]) == [COMPOSED, f"{COMPOSED} (3)", f"{COMPOSED} (2)"]
    assert normalize_name(PARTED) == COMPOSED


def test_what_is_predicted_is_what_would_be_trained_on(tmp_path):
    put(tmp_path / "a", 3), put(tmp_path / "b", 3, 1), put(tmp_path / "__MACOSX", 2, 2), put(tmp_path / ".hidden", 2)
    (tmp_path / "a" / "._000.png").write_bytes(b"\x00")
    (tmp_path / "a" / "notes.txt").write_text("no picture")
    Image.open(tmp_path / "a" / "001.png").save(tmp_path / "a" / "no suffix", "PNG")
    photo(500).save(tmp_path / "b" / "other suffix.dat", "JPEG")
    found = {file.relative_to(tmp_path).as_posix() for file in find_picture_files([tmp_path])}
    report = check_folder(tmp_path)
    usable = {file.id for file in report.files} | {i for group in report.duplicates for i in group}
    assert found == usable and {"a/no suffix", "b/other suffix.dat"} < found and len(found) == 8


def test_a_picture_is_known_by_its_name_or_by_its_bytes(tmp_path):
    photo(1).save(tmp_path / "a", "WEBP")
    (tmp_path / "broken.jpg").write_bytes(b"nothing")
    (tmp_path / "text.md").write_text("text")
    assert [is_picture(tmp_path / name) for name in ("a", "broken.jpg", "text.md")] == [True, True, False]


@pytest.mark.parametrize(
    "files",
    [
        [".lock"],
        ["data.csv", "findings.json"],
        ["run.json", "model.keras"],
        ["export.json", "model.onnx"],
        ["comparison.json", "report.html", "result.png"],
    ],
)
def test_what_ftlib_wrote_is_no_input(tmp_path, files):
    photos(tmp_path, each=5)
    (tmp_path / "runs" / "one").mkdir(parents=True)
    for name in files:
        (tmp_path / "runs" / "one" / name).touch()
    assert is_output(tmp_path / "runs") and not is_output(tmp_path / "cat")
    assert check_folder(tmp_path).class_names == ("cat", "dog")
    assert check_folder(tmp_path).skipped == {"runs": "written by ftlib"}
    assert len(find_picture_files([tmp_path])) == 10


def test_a_stray_file_of_ours_takes_no_class_away(tmp_path):
    photos(tmp_path, each=5)
    for name in ("cat", "dog"):
        (tmp_path / name / "export.json").write_text("{}")
    assert not is_output(tmp_path / "cat") and len(check_folder(tmp_path).files) == 10
    with pytest.raises(ValueError, match="holds pictures. Name another one"):
        export(None, tmp_path / "cat")


def test_links_are_followed_where_answers_are_asked_and_never_in_a_circle(tmp_path):
    put(tmp_path / "elsewhere", 3), put(tmp_path / "all" / "here", 2, 1)
    (tmp_path / "all" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "all" / "here" / "loop").symlink_to(tmp_path / "all")
    assert len(find_picture_files([tmp_path / "all"])) == 5 and len(list(walk_pictures(tmp_path / "all"))) == 2
    put(tmp_path / "all" / "there", 2, 2)
    report = check_folder(tmp_path / "all")
    assert report.counts == {"all": {"here": 2, "there": 2}} and not report.lost
    assert report.skipped["here/loop"] == "a link to a folder" and report.skipped["linked"].kind == "outward link"


def test_a_folder_of_ones_own_with_a_run_and_pictures_is_no_output(tmp_path):
    (tmp_path / "mine" / "run").mkdir(parents=True)
    (tmp_path / "mine" / "run" / "run.json").touch(), (tmp_path / "mine" / "run" / "model.keras").touch()
    photo(1).save(tmp_path / "mine" / "a.png")
    assert not is_output(tmp_path / "mine") and is_output(tmp_path / "mine" / "run")


def test_what_is_written_whole_takes_the_place_of_what_was_there_only_once_it_is_complete(tmp_path):
    path = tmp_path / "new" / "notes.txt"
    with written_whole(path) as part_path:
        part_path.write_text("first", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "first"

    with pytest.raises(KeyboardInterrupt), written_whole(path) as part_path:
        part_path.write_text("hal", encoding="utf-8")
        raise KeyboardInterrupt
    assert path.read_text(encoding="utf-8") == "first"
    assert [entry.name for entry in path.parent.iterdir()] == ["notes.txt"]


def test_a_link_to_a_file_that_is_written_whole_stays_a_link(tmp_path):
    target, link = tmp_path / "target.txt", tmp_path / "link.txt"
    target.write_text("old", encoding="utf-8")
    link.symlink_to(target)
    with written_whole(link) as part_path:
        part_path.write_text("new", encoding="utf-8")
    assert link.is_symlink() and target.read_text(encoding="utf-8") == "new"
