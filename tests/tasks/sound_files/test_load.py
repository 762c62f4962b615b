"""Tasks of sounds of one's own: waveforms, splits, draws, groups, options and what is refused."""

import numpy as np
import pytest
from folders import ids_of, table
from sound_folders import LENGTH, RATE, SECONDS, backbone, tone, write_sounds, write_wav

import ftlib as ft
from ftlib.tasks.sound_files import load as sound_load

FORM = {"seconds": SECONDS, "sample_rate": RATE}


def test_a_folder_is_a_task_of_waveforms(tmp_path):
    write_sounds(tmp_path / "tones", each=10)
    write_wav(tmp_path / "tones" / "low" / "long.wav", tone("low", 99, samples=900, rate=4000), rate=4000)
    task = ft.load_task(tmp_path / "tones", **FORM)
    assert task.kind == "audio" and task.sample_rate == RATE and task.class_names == ("high", "low")
    assert task.input_shape == (LENGTH,) and task.train.inputs.dtype == np.float32
    assert {part: len(split) for part, split in task.splits.items()} == {"train": 13, "validation": 4, "test": 4}
    assert any("Cut at their end, 1 of 21 sounds" in note for note in task.notes)
    assert task.source == "The folder 'tones': 21 usable sounds; 20% of each class drawn for test and for validation."
    row = task.train.ids.tolist().index(next(name for name in task.train.ids if name != "low/long.wav"))
    class_name, number = task.train.ids[row].removesuffix(".wav").split("/")
    np.testing.assert_allclose(task.train.inputs[row], tone(class_name, int(number)), atol=1e-4)


def test_draws_are_nested_and_leave_the_other_splits_alone(tmp_path):
    write_sounds(tmp_path, each=10)
    few, more = (ft.load_task(f"{tmp_path}/", n, seed=1, **FORM) for n in (2, 4))
    assert set(few.train.ids) < set(more.train.ids) and len(few.train) == 4
    assert few.test.ids.tolist() == more.test.ids.tolist()
    with pytest.raises(ValueError, match="asks for more than class"):
        ft.load_task(tmp_path, 50, **FORM)


def test_speakers_of_a_table_become_groups(tmp_path):
    write_sounds(tmp_path, each=10)
    files = sorted(tmp_path.rglob("*.wav"))
    rows = [f"{file.relative_to(tmp_path).as_posix()},{file.parent.name},{int(file.stem) % 5}" for file in files]
    task = ft.load_task(table(tmp_path / "list.csv", rows, "path,label,speaker"), **FORM)
    assert not set(task.train.groups) & set(task.test.groups) and len(ids_of(task)) == 20


def test_a_task_fits_a_backbone_of_another_length(tmp_path):
    task = ft.load_task(write_sounds(tmp_path, each=5), **FORM).for_backbone(backbone(320))
    assert task.input_shape == (320,) and task.sample_rate == RATE
    assert not np.asarray(task.train.inputs)[:, LENGTH:].any()


def test_many_sounds_lie_in_a_file_that_goes_with_them(tmp_path, monkeypatch):
    write_sounds(tmp_path, each=5)
    in_memory = ft.load_task(tmp_path, **FORM)
    monkeypatch.setattr(sound_load, "_MOST_BYTES", 1000)
    on_disk = ft.load_task(tmp_path, **FORM)
    assert isinstance(on_disk.train.inputs, np.memmap)
    np.testing.assert_array_equal(on_disk.train.inputs, in_memory.train.inputs)


@pytest.mark.parametrize(
    "options, message",
    [
        ({"seconds": 0}, "`seconds` is a number from 0.01 to 60. Received: seconds=0"),
        ({"seconds": "1"}, "Received: seconds='1'"),
        ({"sample_rate": 16_000.5}, "`sample_rate` is a number of samples per second.*16000.5"),
        ({"sample_rate": 10}, "from 1,000 to 192,000. Received: sample_rate=10"),
        ({"image_size": 32}, "is read as sounds. Received: image_size, which is not for these"),
        ({"tokenizer": "minibert"}, "is read as sounds. Received: tokenizer"),
        ({"by_speaker": True}, "do not say who speaks"),
        ({"label_columns": ["a", "b"]}, "one label, from one column"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        ft.load_task(write_sounds(tmp_path, each=3), **options)


def test_pictures_and_texts_refuse_what_is_for_sounds(tmp_path):
    from folders import photos

    with pytest.raises(ValueError, match="is read as pictures.*Received: seconds"):
        ft.load_task(photos(tmp_path / "photos", each=3), seconds=1)
