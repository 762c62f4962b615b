"""The check of sounds: what is left out, copies, silence, clipping, rates, lengths and speakers."""

import numpy as np
from folders import table
from sound_folders import RATE, SECONDS, tone, write_sounds, write_wav

import ftlib as ft
from ftlib.tasks.sound_files.inspection import inspect_sounds

FORM = {"seconds": SECONDS, "sample_rate": RATE}


def kinds_of(place, **options):
    findings = inspect_sounds(place, **{**FORM, **options})
    return {finding.kind: finding for finding in findings.findings}


def test_good_sounds_leave_nothing_to_remark(tmp_path):
    report = ft.check_sounds(write_sounds(tmp_path), **FORM)
    assert report.lines() == [] and len(report.files) == 16
    said = repr(report)
    assert "2 classes, 16 usable sounds" in said and "Nothing to remark" in said
    assert "Lengths: 0.13 s (median), 0.13 to 0.13 s; 0.128 s at 2,000 Hz are heard." in said


def test_damaged_and_empty_files_are_left_out_with_their_reason(tmp_path):
    write_sounds(tmp_path)
    (tmp_path / "low" / "empty.wav").write_bytes(b"")
    (tmp_path / "low" / "notes.md").write_text("none")
    content = (tmp_path / "low" / "000.wav").read_bytes()
    (tmp_path / "low" / "half.wav").write_bytes(content[: len(content) // 2])
    (tmp_path / "cover.wav").write_bytes(content)
    report = ft.check_sounds(tmp_path, **FORM)
    assert report.unreadable["low/empty.wav"] == "an empty file"
    assert "of 512 bytes of sound are there" in report.unreadable["low/half.wav"]
    assert set(report.lost) == {"cover.wav"} and len(report.files) == 16
    kinds = kinds_of(tmp_path)
    assert kinds["unreadable"].level == "warning" and set(kinds["unreadable"].ids) == set(report.unreadable)
    assert "Left out, 1 sound outside of class folders: cover.wav" in kinds["lost"].text


def test_a_sound_is_the_same_whatever_its_file_says_beside_it(tmp_path):
    write_sounds(tmp_path)
    same = tone("low", 0)
    write_wav(tmp_path / "low" / "again.wav", same, extensible=True)
    write_wav(tmp_path / "low" / "other.wav", tone("low", 1), extensible=True)
    write_wav(tmp_path / "high" / "other.wav", tone("low", 1))
    report = ft.check_sounds(tmp_path, **FORM)
    assert report.duplicates == (("low/000.wav", "low/again.wav"),)
    assert report.conflicts == (("high/other.wav", "low/001.wav", "low/other.wav"),)
    assert "same sound in different classes" in repr(report)


def test_a_sound_of_two_splits_stays_in_the_later_one(tmp_path):
    for number, part in enumerate(("train", "test")):
        write_sounds(tmp_path / part, each=6, seed=number)
    write_wav(tmp_path / "test" / "low" / "leak.wav", tone("low", 3))
    findings = inspect_sounds(tmp_path, **FORM)
    leak = next(finding for finding in findings.findings if finding.kind == "leak")
    assert "1 sound in several splits, the same to the last sample" in leak.text
    assert "train/low/003.wav" not in {file.id for file in findings.files_by_split["train"]}


def test_silence_clipping_channels_and_lengths_are_named(tmp_path):
    write_sounds(tmp_path)
    write_wav(tmp_path / "low" / "silent.wav", 0.0005 * tone("low", 90))
    write_wav(tmp_path / "low" / "loud.wav", np.clip(9 * tone("low", 91), -1, 1))
    write_wav(tmp_path / "low" / "short.wav", tone("low", 92, samples=100))
    write_wav(tmp_path / "low" / "long.wav", tone("low", 93, samples=900))
    write_wav(tmp_path / "high" / "stereo.wav", np.stack([tone("high", 94), tone("high", 95)], 1))
    report = ft.check_sounds(tmp_path, **FORM)
    assert report.silent == ("low/silent.wav",) and report.clipped == ("low/loud.wav",)
    assert report.padded == ("low/short.wav",) and report.cut == ("low/long.wav",)
    said = report.lines()
    assert "Cut at their end, 1 of 21 sounds: longer than the 0.128 s that are heard: low/long.wav" in said
    assert "Filled up with silence, 1 of 21 sounds: shorter than 0.128 s: low/short.wav" in said
    assert "Mixed to one channel, 1 sound: high/stereo.wav" in said
    kinds = kinds_of(tmp_path)
    assert kinds["silent"].level == "warning" and kinds["clipped"].level == "note"
    assert kinds["cut"].level == "note" and kinds_of(tmp_path, seconds=0.1)["cut"].level == "warning"


def test_lengths_that_are_far_apart_are_a_warning(tmp_path):
    write_sounds(tmp_path)
    for i in range(6):
        write_wav(tmp_path / "low" / f"long{i}.wav", tone("low", 50 + i, samples=2000))
    assert kinds_of(tmp_path)["lengths"].level == "warning"
    assert "far apart" in kinds_of(tmp_path)["lengths"].text


def test_a_rate_that_tells_the_class_is_a_warning(tmp_path):
    write_sounds(tmp_path, classes=("high",))
    write_sounds(tmp_path, classes=("low",), rate=4000)
    kinds = kinds_of(tmp_path)
    assert kinds["resampled"].text == "Resampled to 2,000 Hz: 4,000 Hz (8)"
    assert "The rate of the files alone gives away high, low" in kinds["rate tells class"].text
    assert kinds["rate tells class"].level == "warning"
    write_sounds(tmp_path, seed=7, each=9, classes=("high", "low"), rate=4000)
    assert "rate tells class" not in kinds_of(tmp_path)


def test_classes_that_look_like_speakers_are_named(tmp_path):
    kinds = kinds_of(write_sounds(tmp_path / "who", each=4, classes=("spk1", "spk2", "p225")))
    assert "look like speakers (p225, spk1, spk2)" in kinds["speaker classes"].text
    assert "speaker classes" not in kinds_of(write_sounds(tmp_path / "what", each=4, classes=("0", "1", "yes")))


def voices(place, speakers="abcdef", takes=2):
    for number, speaker in enumerate(speakers):
        for class_name in ("high", "low"):
            for take in range(takes):
                path = place / class_name / f"voice{speaker}_nohash_{take}.wav"
                write_wav(path, tone(class_name, 10 * number + take))
    return place


def test_speakers_that_file_names_say_are_kept_together_when_asked_for(tmp_path):
    place = voices(tmp_path)
    told = kinds_of(place)["speakers"]
    assert told.level == "warning" and "voicea, voiceb, voicec and 3 more; 6 in all" in told.text
    findings = inspect_sounds(place, **FORM, by_speaker=True)
    groups = {part: {file.group for file in files} for part, files in findings.files_by_split.items()}
    assert all(groups.values()) and not groups["train"] & groups["test"] and not groups["train"] & groups["validation"]
    assert not any(finding.kind == "speakers" for finding in findings.findings)


def test_speakers_of_a_table_in_two_splits_are_a_warning(tmp_path):
    place = voices(tmp_path)
    files = sorted(place.rglob("*.wav"))
    rows = [
        f"{file.relative_to(place).as_posix()},{file.parent.name},{'train' if i % 2 else 'test'},{file.name[:6]}"
        for i, file in enumerate(files)
    ]
    leak = kinds_of(table(place / "list.csv", rows, "path,label,split,speaker"))["group leak"]
    assert leak.level == "warning" and "6 groups of the CSV file in several splits" in leak.text


def test_few_of_a_class_are_a_note_and_too_few_an_error(tmp_path):
    write_sounds(tmp_path)
    kinds = kinds_of(tmp_path)
    assert "2 classes with fewer than 10 training sounds: high 4, low 4" in kinds["few"].text
    write_sounds(tmp_path, each=2, classes=("other",))
    findings = inspect_sounds(tmp_path, **FORM)
    assert not findings.usable and findings.to_dict()["sounds"] == 18
    assert "needs at least 3 sounds" in next(f.text for f in findings.findings if f.level == "error")
