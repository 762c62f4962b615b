"""What counts as a picture, and how names are spelled: the same answer wherever a folder is read."""

import unicodedata

import pytest
from folders import photo, photos, table
from PIL import Image

from ftlib.app.predicting import list_pictures
from ftlib.exports.export import export
from ftlib.files import FileFinder, distinct_names, find_path, is_output, is_picture, plain_name, walk_pictures
from ftlib.tasks import check_folder, load_task
from ftlib.tasks.folder.class_names import mirror_pairs, of_class_names
from ftlib.tasks.folder.inspection import inspect_data

COMPOSED, PARTED = (unicodedata.normalize(form, "장미") for form in ("NFC", "NFD"))


def put(folder, count, seed=0, name="{:03d}.png"):
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        photo(1000 * seed + i).save(folder / name.format(i))
    return folder


def kinds(path):
    return {finding.kind: finding for finding in inspect_data(path).findings}


# --- two spellings of one name -----------------------------------------------------------------------------


def test_class_folders_that_read_alike_are_one_class_with_all_their_pictures(tmp_path):
    for seed, name in enumerate((COMPOSED, PARTED, "tulip")):
        put(tmp_path / name, 12, seed)
    report = check_folder(tmp_path)
    assert report.counts == {"all": {"tulip": 12, COMPOSED: 24}}
    assert len({file[0] for file in report.files}) == 36
    assert report.respelled[COMPOSED] == 2 and kinds(tmp_path)["respelled"].level == "note"
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
    assert plain_name(PARTED) == COMPOSED


def test_a_row_in_two_groups_is_no_row(tmp_path):
    put(tmp_path, 8)
    rows = [f"{i:03d}.png,{'xy'[i % 2]},{i}" for i in range(8)] + ["000.png,x,another"]
    report = check_folder(table(tmp_path / "t.csv", rows, head="path,label,group"))
    assert len(report.files) == 7 and report.skipped["000.png"] == "listed as x (group 0) and as x (group another)"


# --- strays --------------------------------------------------------------------------------------------------


def parts(place):
    for seed, (part, count) in enumerate((("train", 10), ("test", 6))):
        for label, name in enumerate(("cat", "dog")):
            put(place / part / name, count, 10 * seed + label)
    return place


@pytest.mark.parametrize("stray", ["train/._cat.jpg", "test/._cat.jpg", "train/.DS_Store", "test/Thumbs.db"])
def test_a_hidden_file_decides_nothing(tmp_path, stray):
    (parts(tmp_path) / stray).write_bytes(b"\x00\x05\x16\x07")
    report = check_folder(tmp_path)
    assert report.counts == {"train": {"cat": 10, "dog": 10}, "test": {"cat": 6, "dog": 6}} and not report.unreadable


def test_pictures_beside_the_class_folders_make_no_classes_of_train_and_test(tmp_path):
    parts(tmp_path)
    for part in ("train", "test"):
        put(tmp_path / part, 3, 90, f"overview-{part}-{{}}.png")
    report = check_folder(tmp_path)
    assert report.class_names == ("cat", "dog") and len(report.files) == 32 and len(report.lost) == 6
    lost = kinds(tmp_path)["lost"]
    assert lost.level == "warning" and "6 pictures outside of class folders" in lost.text and "overview" in lost.text


def test_a_class_may_still_be_called_train(tmp_path):
    put(tmp_path / "train", 8, 1), put(tmp_path / "bus", 8, 2), put(tmp_path / "train" / "old", 2, 3)
    report = check_folder(tmp_path)
    assert report.counts == {"all": {"bus": 8, "train": 8}}
    assert report.lost == {"train/old": ("in a folder inside a class folder", 2)}


def test_folders_inside_class_folders_are_a_loss_with_a_number(tmp_path):
    for seed, name in enumerate(("a", "b")):
        put(tmp_path / name, 6, seed), put(tmp_path / name / "more" / "deep", 20, seed + 5)
    lost = kinds(tmp_path)["lost"]
    assert lost.level == "warning" and "40 pictures in a folder inside a class folder" in lost.text
    assert "a/more (20 pictures)" in lost.text


def test_whole_folders_outside_of_the_parts_are_a_loss(tmp_path):
    put(parts(tmp_path) / "extra" / "cat", 7, 50)
    assert check_folder(tmp_path).lost == {"extra": ("outside of class folders", 7)}


# --- one definition ------------------------------------------------------------------------------------------


def test_what_is_predicted_is_what_would_be_trained_on(tmp_path):
    put(tmp_path / "a", 3), put(tmp_path / "b", 3, 1), put(tmp_path / "__MACOSX", 2, 2), put(tmp_path / ".hidden", 2)
    (tmp_path / "a" / "._000.png").write_bytes(b"\x00")
    (tmp_path / "a" / "notes.txt").write_text("no picture")
    Image.open(tmp_path / "a" / "001.png").save(tmp_path / "a" / "no suffix", "PNG")
    photo(500).save(tmp_path / "b" / "other suffix.dat", "JPEG")
    found = {file.relative_to(tmp_path).as_posix() for file in list_pictures([tmp_path])}
    report = check_folder(tmp_path)
    usable = {file[0] for file in report.files} | {i for group in report.duplicates for i in group}
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
    assert len(list_pictures([tmp_path])) == 10


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
    assert len(list_pictures([tmp_path / "all"])) == 5 and len(list(walk_pictures(tmp_path / "all"))) == 2
    put(tmp_path / "all" / "there", 2, 2)
    report = check_folder(tmp_path / "all")
    assert report.counts == {"all": {"here": 2, "there": 2}} and not report.lost
    assert report.skipped["here/loop"] == "a link to a folder" and "leads out" in report.skipped["linked"]


def test_a_class_of_links_that_lead_out_says_so(tmp_path):
    put(tmp_path / "store", 4)
    for name in ("a", "b"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for file in (tmp_path / "store").iterdir():
            (tmp_path / "data" / name / file.name).symlink_to(file)
    with pytest.raises(ValueError, match="has 4 links that lead out of the folder, such as a/000.png.*cp -rL"):
        check_folder(tmp_path / "data")


def test_a_table_behind_a_link_in_other_letters_and_in_utf_16(tmp_path):
    put(tmp_path / "real", 8)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    rows = [f"{tmp_path / 'real' if i % 2 else tmp_path / 'link'}/{i:03d}.PNG,{'ab'[i % 2]}" for i in range(8)]
    assert len(check_folder(table(tmp_path / "link" / "t.csv", rows)).files) == 8
    (tmp_path / "real" / "u.csv").write_text("\n".join(["path,label", *rows]), encoding="utf-16")
    assert len(check_folder(tmp_path / "real" / "u.csv").files) == 8


def test_a_folder_of_ones_own_with_a_run_and_pictures_is_no_output(tmp_path):
    (tmp_path / "mine" / "run").mkdir(parents=True)
    (tmp_path / "mine" / "run" / "run.json").touch(), (tmp_path / "mine" / "run" / "model.keras").touch()
    photo(1).save(tmp_path / "mine" / "a.png")
    assert not is_output(tmp_path / "mine") and is_output(tmp_path / "mine" / "run")


# --- names of classes ----------------------------------------------------------------------------------------


def test_labels_that_are_one_or_none_are_a_warning(tmp_path):
    put(tmp_path, 24)
    rows = [f"{i:03d}.png,{label}" for i, label in enumerate(["nan", "0", "0.0", "cat", "Cat", "dog"] * 4)]
    found = [f for f in inspect_data(table(tmp_path / "t.csv", rows)).findings if f.level == "warning"]
    told = " ".join(finding.text for finding in found)
    assert "'0' and '0.0'" in told and "'Cat' and 'cat'" in told and "'nan'" in told and "'dog'" not in told


def test_numbers_of_another_sign_are_no_spelling_of_each_other():
    assert of_class_names(["-1", "1", "2", "dog", "dogs"]) == []
    assert [kind for kind, _ in of_class_names(["cat", "cat\u200b", "dog"])] == ["class spelling"]
    assert [kind for kind, _ in of_class_names(["big cat", "big_cat", "N/A"])] == ["class spelling", "missing label"]


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
    assert len(mirror_pairs(names)) == pairs


def test_left_and_right_are_not_mirrored_unless_one_says_so(tmp_path):
    photos(tmp_path, classes=("turn_left", "turn_right"))
    task = load_task(tmp_path)
    assert not task.mirror and any("--no-mirror" in note for note in task.notes)
    assert load_task(tmp_path, mirror=True).mirror
    assert "turn_left and turn_right" in kinds(tmp_path)["mirror"].text


# --- nearly the same ------------------------------------------------------------------------------------------


def under_a_camera(place, scenes, each, noise=3):
    import numpy as np

    rng = np.random.default_rng(0)
    for name, scene in scenes.items():
        (place / name).mkdir(parents=True)
        for i in range(each):
            pixels = np.asarray(photo(scene, (96, 96)), "float32") + rng.normal(0, noise, (96, 96, 3))
            if name == "scratched":
                at = rng.integers(20, 70)
                pixels[30:60, at : at + 2] = 255
            Image.fromarray(pixels.clip(0, 255).astype("uint8")).save(place / name / f"{i:02d}.png")
    return place


def test_a_common_background_makes_no_copies(tmp_path):
    findings = inspect_data(under_a_camera(tmp_path, {"good": 1, "scratched": 1}, 20))
    assert findings.usable and not findings.near and len(findings.series[0]) == 40
    assert {part: sum(numbers.values()) for part, numbers in findings.counts.items()} == {
        "train": 24,
        "validation": 8,
        "test": 8,
    }


def test_where_copies_leave_nothing_to_divide_the_error_names_the_switch(tmp_path):
    findings = inspect_data(under_a_camera(tmp_path, {"a": 1, "b": 2}, 10))
    with pytest.raises(ValueError, match="20 pictures in 2 groups .* --no-near"):
        findings.require()
    assert inspect_data(tmp_path, near=False).usable


def test_an_error_says_where_the_pictures_went(tmp_path):
    photos(tmp_path, each=6)
    for file in sorted((tmp_path / "cat").iterdir())[:5]:
        file.write_bytes(b"broken")
    with pytest.raises(ValueError, match=r"Received: 1 usable.* Left out: 5 unreadable \(cat/000.png: not a picture\)"):
        inspect_data(tmp_path).require()
