"""Folders and tables of sounds: which are taken for such, what is read, and what is refused."""

import pytest
from folders import photos, table
from sound_folders import tone, write_sounds, write_wav
from texts import sentences, write_folder, write_table

from ftlib.tasks.kind_of_data import kind_of_data
from ftlib.tasks.sound_files.listing import list_sounds


def rows_of(place, *more):
    files = sorted(place.rglob("*.wav"))
    return [",".join([file.relative_to(place).as_posix(), file.parent.name, *more]) for file in files]


def test_what_lies_at_a_path_is_told_by_its_files(tmp_path):
    sounds = write_sounds(tmp_path / "sounds", each=3)
    assert kind_of_data(sounds) == "sounds"
    (sounds / "high" / "000.txt").write_text("what is said")
    (sounds / "high" / "cover.png").write_bytes(b"a picture of the singer")
    assert kind_of_data(sounds) == "sounds"
    assert kind_of_data(photos(tmp_path / "photos", each=3)) == "pictures"
    assert kind_of_data(write_folder(tmp_path / "texts", sentences(3))) == "texts"
    write_wav(tmp_path / "flat" / "a.wav", tone("low", 0))
    assert kind_of_data(tmp_path / "flat") == "sounds"  # so that the error speaks of sounds


def test_a_table_lists_sounds_pictures_or_texts(tmp_path):
    sounds = write_sounds(tmp_path / "sounds", each=3)
    assert kind_of_data(table(sounds / "list.csv", rows_of(sounds))) == "sounds"
    spoken = table(sounds / "spoken.csv", rows_of(sounds, "what is said"), "path,label,sentence")
    assert kind_of_data(spoken) == "sounds"  # as Common Voice has it
    assert kind_of_data(table(tmp_path / "gone.csv", ["a.wav,x"])) == "sounds"
    assert kind_of_data(table(tmp_path / "read.csv", ["a.wav,x,said"], "path,label,text")) == "texts"
    assert kind_of_data(write_table(tmp_path / "texts.csv", sentences(2))) == "texts"


@pytest.mark.parametrize("titles", ["path,label,speaker", "audio,class,group", "File,Category,Speaker_ID"])
def test_a_table_names_files_labels_and_speakers(tmp_path, titles):
    sounds = write_sounds(tmp_path, each=3)
    listing = list_sounds(table(sounds / "list.csv", rows_of(sounds, "kim"), titles))
    assert listing.class_names == ("high", "low") and len(listing.files) == 6
    assert {file.group for file in listing.files} == {"kim"}


def test_folders_of_parts_are_splits(tmp_path):
    for number, part in enumerate(("train", "valid", "test")):
        write_sounds(tmp_path / part, each=2, seed=number)
    assert {file.part for file in list_sounds(tmp_path).files} == {"train", "validation", "test"}


def test_what_is_not_arranged_by_class_is_refused_in_words_of_sounds(tmp_path):
    write_wav(tmp_path / "flat" / "a.wav", tone("low", 0))
    with pytest.raises(ValueError, match="sounds but no class folders. Arrange the sounds as FOLDER/CLASS/sound.wav"):
        list_sounds(tmp_path / "flat")
    write_sounds(tmp_path / "one", each=2, classes=("low",))
    with pytest.raises(ValueError, match="the single class 'low'"):
        list_sounds(tmp_path / "one")
    (tmp_path / "one" / "empty").mkdir()
    with pytest.raises(ValueError, match="Class folders without sounds in .*: empty"):
        list_sounds(tmp_path / "one")
    with pytest.raises(ValueError, match="names a sound that can be used.*no such file"):
        list_sounds(table(tmp_path / "gone.csv", ["a.wav,x"]))
    with pytest.raises(ValueError, match="one label, from one column"):
        list_sounds(tmp_path, label_columns=["a", "b"])


def test_numbers_are_no_classes_unless_they_are_few(tmp_path):
    digits = write_sounds(tmp_path / "digits", each=4, classes=("0", "1", "7"))
    assert list_sounds(digits).class_names == ("0", "1", "7")
    rows = [f"{file.relative_to(digits).as_posix()},{i}.5" for i, file in enumerate(sorted(digits.rglob("*.wav")))]
    with pytest.raises(ValueError, match="Each sound of .* needs the name of a class. Received: 12 of 12 labels"):
        list_sounds(table(digits / "ages.csv", rows))


def test_files_that_need_soundfile_are_one_error_before_any_work(tmp_path, monkeypatch):
    sounds = write_sounds(tmp_path, each=2)
    for i in range(2):
        (sounds / "high" / f"{i}.flac").write_bytes(b"fLaC")
    monkeypatch.setattr("ftlib.tasks.sound_files.read.importlib.util.find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r'2 sounds of .* high/0.flac: pip install "ftlib\[sounds\]". Or convert'):
        list_sounds(sounds)
