"""Sounds through the command: check, fit, resume, predict, evaluate, export and the report."""

import csv
import io
import json

import pytest
from app_runs import after_checkpoints, assert_same_scores, interrupt
from folders import photos
from sound_folders import LENGTH, RATE, backbone, tone, write_sounds, write_wav

from ftlib.app.cli import main

pytestmark = [pytest.mark.usefixtures("short_epochs"), pytest.mark.slow]
FORM = ["--sample-rate", str(RATE)]
FEW = ["--updates", "40", "--batch-size", "8", "--quiet", *FORM]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with sounds of two classes, and a small network beside it."""
    folder = tmp_path_factory.mktemp("sounds")
    write_sounds(folder / "tones", each=20)
    backbone().save(folder / "tiny.keras")
    return folder


def fit(place, out, *more):
    return main(["fit", str(place / "tones"), "--backbone", str(place / "tiny.keras"), "--out", str(out), *FEW, *more])


@pytest.fixture(scope="module")
def run(place, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "tones"
    assert fit(place, out) == 0
    return out


def test_the_folder_says_what_it_is(run):
    config = json.loads((run / "config.json").read_text())
    assert config["data"]["kind"] == "audio" and config["data"]["sample_rate"] == RATE
    assert config["model"]["image_shape"] == [LENGTH]
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["noun"] == "sound" and metrics["images"] == 8


def test_the_report_speaks_of_sounds_and_of_the_cheap_classifier(run):
    page = (run / "report.html").read_text(encoding="utf-8")
    for words in ("Against loudness of bands", "classes of sounds apart", "0.128 s at 2,000 Hz", "another voice"):
        assert words in page
    shown = page.split("</style>")[1]
    assert "pixels" not in shown and "test images" not in shown and "8 test sounds correctly" in shown


def test_mistakes_can_be_played_unless_that_is_not_wanted(place, tmp_path, capsys):
    out = tmp_path / "run"
    assert fit(place, out, "--strategy", "feature_extraction", "--rate", "1e-6", "--updates", "2") == 0
    assert '<audio controls preload="metadata"' in (out / "report.html").read_text()
    assert main(["report", str(out), "--no-players", "--quiet"]) == 0
    page = (out / "report.html").read_text()
    assert "<audio" not in page and "No. 1:" in page


def test_a_stopped_run_goes_on_to_the_same_end(place, run, tmp_path, monkeypatch):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        after_checkpoints(1, patch, interrupt)
        assert fit(place, out) == 130
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0
    assert_same_scores(out, run)


def test_a_run_is_repeated_from_its_configuration(run, tmp_path):
    again = ["fit", "--config", str(run / "config.json"), "--out", str(tmp_path / "again"), "--quiet"]
    assert main(again) == 0
    assert_same_scores(tmp_path / "again", run)


def test_check_says_what_it_found_as_text_and_as_json(place, capsys):
    seconds = str(LENGTH / RATE)
    assert main(["check", str(place / "tones"), "--seconds", seconds, *FORM]) == 0
    assert "40 usable sounds in 2 classes" in capsys.readouterr().out
    assert main(["check", str(place / "tones"), "--seconds", "0.05", *FORM, "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)
    assert findings["sounds"] == 40
    cut = next(finding for finding in findings["findings"] if finding["kind"] == "cut")
    assert cut["level"] == "warning" and len(cut["ids"]) == 40


def test_predict_answers_files_and_folders(run, tmp_path, capsys):
    write_wav(tmp_path / "new" / "one.wav", tone("low", 500))
    write_wav(tmp_path / "new" / "deep" / "two.wav", tone("high", 501, samples=900, rate=4000), rate=4000)
    (tmp_path / "new" / "broken.wav").write_bytes(b"RIFF")
    assert main(["predict", str(run), str(tmp_path / "new"), "--format", "csv"]) == 1
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["sound"].rsplit("/", 1)[1] for row in rows] == ["broken.wav", "two.wav", "one.wav"]
    assert rows[0]["error"] == "not a WAV file" and {rows[1]["class"], rows[2]["class"]} <= {"high", "low"}
    assert main(["predict", str(run), str(tmp_path / "new" / "one.wav"), "--json", "--top", "2"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["sound"].endswith("one.wav") and len(answer["classes"]) == 2
    (tmp_path / "none").mkdir()
    assert main(["predict", str(run), str(tmp_path / "none")]) == 2
    assert "has no sounds, at any depth" in capsys.readouterr().err


def test_evaluate_on_the_own_test_and_on_other_sounds(run, place, tmp_path, capsys):
    assert main(["evaluate", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == json.loads((run / "metrics.json").read_text())["accuracy"]
    other = write_sounds(tmp_path / "other", each=5, seed=3)
    (other / "low" / "seen.wav").write_bytes((place / "tones" / "low" / "000.wav").read_bytes())
    assert main(["evaluate", str(run), "--on", str(other)]) == 0
    assert "test sounds" in capsys.readouterr().out
    write_sounds(tmp_path / "unknown", each=2, classes=("loud",))
    assert main(["evaluate", str(run), "--on", str(tmp_path / "unknown")]) == 2
    assert "does not know: loud" in capsys.readouterr().err


def test_sounds_that_changed_are_named(place, run, tmp_path, capsys):
    moved = write_sounds(tmp_path / "moved", each=20)
    write_wav(moved / "low" / "007.wav", tone("low", 999))
    assert main(["evaluate", str(run), "--data", str(moved)]) == 2
    assert "1 of the 40 sounds of" in capsys.readouterr().err
    assert main(["evaluate", str(run), "--data", str(place / "tones"), "--quiet"]) == 0


def test_a_run_on_sounds_is_exported(run, tmp_path):
    assert main(["export", str(run), "--format", "keras", "--out", str(tmp_path / "export"), "--quiet"]) == 0
    described = json.loads((tmp_path / "export" / "export.json").read_text())
    assert described["input"]["dtype"] == "float32" and described["input"]["shape"] == [None, LENGTH]
    assert "2,000 samples per second" in described["input"]["sound"] and described["classes"] == ["high", "low"]
    assert described["files"][0]["same"] == described["files"][0]["images"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--target", "regression"], "A sound has one class"),
        (["--no-mirror"], "--mirror is for pictures, and"),
        (["--tokenizer", "minibert"], "--tokenizer is for texts, and"),
        (["--seconds", "2"], "takes 256 samples, 0.128 s at 2,000 Hz. Received: --seconds 2"),
        (["--sample-rate", "5"], "`sample_rate` is a number of samples per second"),
        (["--by-speaker"], "do not say who speaks"),
    ],
)
def test_options_that_make_no_sense_are_refused(place, tmp_path, capsys, arguments, message):
    assert fit(place, tmp_path / "run", *arguments) == 2
    assert message in capsys.readouterr().err


def test_options_of_sounds_are_refused_for_pictures(tmp_path, capsys):
    pictures = photos(tmp_path / "photos", each=5)
    assert main(["check", str(pictures), "--seconds", "1"]) == 2
    assert "--seconds is for sounds" in capsys.readouterr().err
    assert main(["check", str(pictures), "--by-speaker"]) == 2
    assert "--by-speaker is for sounds" in capsys.readouterr().err
