"""Texts through the command: check, fit, resume, predict, evaluate, export and the report."""

import csv
import io
import json

import keras
import pytest
import texts
from app_runs import after_checkpoints, assert_same_scores, interrupt

import ftlib as ft
from ftlib.app.cli import main

pytestmark = [pytest.mark.usefixtures("short_epochs"), pytest.mark.slow]
FEW = ["--updates", "40", "--batch-size", "8", "--quiet"]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a table of texts, a small network and its vocabulary beside it."""
    folder = tmp_path_factory.mktemp("texts")
    texts.write_table(folder / "reviews.csv", texts.sentences(40))
    vocabulary = texts.tokenizer()
    vocabulary.save(folder / "vocabulary.txt")
    keras.utils.set_random_seed(0)
    ft.token_network(len(vocabulary), texts.LENGTH, width=8, blocks=1, heads=2).save(folder / "tiny.keras")
    return folder


def fit(place, out, *more):
    return main(
        ["fit", str(place / "reviews.csv"), "--backbone", str(place / "tiny.keras"), "--out", str(out), *FEW, *more]
    )


@pytest.fixture(scope="module")
def run(place, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "reviews"
    assert fit(place, out) == 0
    return out


def test_the_folder_keeps_the_vocabulary_and_says_what_it_is(run):
    names = {path.name for path in run.iterdir() if not path.name.startswith(".")}
    assert names == {
        "class_names.json", "config.json", "data.csv", "findings.json", "metrics.json", "model.keras", "report.html",
        "run.json", "vocabulary.txt",
    }  # fmt: skip
    assert ft.load_tokenizer(str(run / "vocabulary.txt")).pieces == texts.tokenizer().pieces
    metrics = json.loads((run / "metrics.json").read_text())
    assert metrics["noun"] == "text" and metrics["images"] == 16


def test_the_report_speaks_of_texts_and_of_the_cheap_classifier(run):
    page = (run / "report.html").read_text(encoding="utf-8")
    for words in ("TF-IDF of 1 to 3 characters", "Which words matter", "<mark style", "classes of texts apart"):
        assert words in page
    shown = page.split("</style>")[1]
    assert "pixels" not in shown and "test images" not in shown and "16 test texts correctly" in shown


def test_a_stopped_run_goes_on_to_the_same_end(place, run, tmp_path, monkeypatch):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        after_checkpoints(1, patch, interrupt)
        assert fit(place, out) == 130
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0
    assert_same_scores(out, run)


def test_predict_answers_tables_and_lines(run, tmp_path, capsys):
    table = texts.write_table(tmp_path / "new.csv", [("the good film",), ("a dull plot",), ("",)], "text,label")
    (tmp_path / "lines.txt").write_text("the good film\n\na dull plot\n", encoding="utf-8")
    assert main(["predict", str(run), str(table), "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["text"] for row in rows] == ["the good film", "a dull plot"]
    assert {row["class"] for row in rows} <= {"good", "bad"} and 0.5 <= float(rows[0]["probability"]) <= 1
    assert main(["predict", str(run), str(tmp_path / "lines.txt"), "--json", "--top", "2"]) == 0
    answers = json.loads(capsys.readouterr().out)
    assert [answer["text"] for answer in answers] == ["the good film", "a dull plot"]
    assert len(answers[0]["classes"]) == 2
    assert main(["predict", str(run), str(tmp_path)]) == 2
    assert "of CSV files or of text files" in capsys.readouterr().err


def test_evaluate_on_the_own_test_and_on_other_texts(run, place, tmp_path, capsys):
    assert main(["evaluate", str(run), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["accuracy"] == json.loads((run / "metrics.json").read_text())["accuracy"]
    seen = texts.sentences(40)[0]
    other = texts.write_table(tmp_path / "other.csv", [*texts.sentences(10, seed=5), seen], "text,label")
    assert main(["evaluate", str(run), "--on", str(other)]) == 0
    assert "test texts" in capsys.readouterr().out
    unknown = texts.write_table(tmp_path / "unknown.csv", [("the film", "so so")])
    assert main(["evaluate", str(run), "--on", str(unknown)]) == 2
    assert "does not know: so so" in capsys.readouterr().err


def test_texts_that_are_gone_are_named(place, run, tmp_path, capsys):
    moved = texts.write_table(tmp_path / "moved.csv", texts.sentences(40)[:-3])
    assert main(["evaluate", str(run), "--data", str(moved)]) == 2
    assert "texts of" in capsys.readouterr().err
    whole = texts.write_table(tmp_path / "whole.csv", texts.sentences(40)[::-1])
    assert main(["evaluate", str(run), "--data", str(whole), "--quiet"]) == 0
    assert main(["evaluate", str(run), "--data", str(place / "reviews.csv"), "--quiet"]) == 0


def test_a_run_on_texts_is_exported(run, tmp_path):
    assert main(["export", str(run), "--format", "keras", "--out", str(tmp_path / "export"), "--quiet"]) == 0
    described = json.loads((tmp_path / "export" / "export.json").read_text())
    assert described["input"]["dtype"] == "int32" and described["input"]["shape"] == [None, texts.LENGTH]
    assert described["files"][0]["same"] == described["files"][0]["images"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--image-size", "32"], "takes texts or sounds, and no images"),
        (["--target", "regression"], "A text has one class"),
        (["--no-mirror"], "--mirror is for pictures"),
        (["--length", "1"], "--length is a whole number of at least 2"),
        (["--length", "5"], f"takes texts of {texts.LENGTH} tokens. Received: --length 5"),
    ],
)
def test_options_that_do_not_fit_are_refused(place, tmp_path, capsys, arguments, message):
    assert fit(place, tmp_path / "run", *arguments) == 2
    assert message in capsys.readouterr().err


def test_a_network_that_takes_any_length_reads_as_much_as_is_asked(place, tmp_path):
    ids = keras.Input((None,), dtype="int32", name="tokens")
    vectors = keras.layers.Embedding(len(texts.tokenizer()), 8, name="embedding")(ids)
    keras.Model(ids, keras.layers.Dense(8, name="dense")(vectors)).save(tmp_path / "open.keras")
    texts.tokenizer().save(tmp_path / "vocabulary.txt")
    out, again = tmp_path / "run", tmp_path / "again"
    length = texts.LENGTH + 3
    arguments = ["fit", str(place / "reviews.csv"), "--backbone", str(tmp_path / "open.keras"), "--length", str(length)]
    assert main([*arguments, "--out", str(out), *FEW]) == 0
    assert json.loads((out / "config.json").read_text())["model"]["image_shape"] == [length]
    assert f"{length} tokens are read" in (out / "findings.json").read_text()
    assert main(["fit", "--config", str(out / "config.json"), "--out", str(again), "--quiet"]) == 0
    assert_same_scores(again, out)


def test_a_backbone_without_its_vocabulary_is_refused(place, tmp_path, capsys):
    (tmp_path / "alone.keras").write_bytes((place / "tiny.keras").read_bytes())
    arguments = ["fit", str(place / "reviews.csv"), "--backbone", str(tmp_path / "alone.keras")]
    assert main([*arguments, "--out", str(tmp_path / "run")]) == 2
    assert "needs its vocabulary" in capsys.readouterr().err
