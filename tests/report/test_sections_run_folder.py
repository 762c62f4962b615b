"""The report for a customer: complete, true to the run, safe, and one file."""

import dataclasses
import re
from html import unescape

import numpy as np
import pytest
import tiny

from ftlib import plots
from ftlib.evidence.calibration import calibration
from ftlib.evidence.run import load_run
from ftlib.report import write_model_report as write
from ftlib.training.fit import fit

CLASSES = ("top", "<b>middle</b>", "bottom")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run that makes some mistakes, finished in a folder."""
    task = tiny.task(test=90, class_names=CLASSES, notes=("Left out, unreadable: 1: a.png",))
    # A third of the test labels is wrong, so that there are mistakes to tell of.
    labels = task.test.labels.copy()
    labels[::3] = (labels[::3] + 1) % 3
    task = dataclasses.replace(task, test=dataclasses.replace(task.test, labels=labels))
    folder = tmp_path_factory.mktemp("run") / "finished"
    return fit(tiny.model(), task, "feature_extraction", updates=600, run_dir=folder, verbose=False)


@pytest.fixture(scope="module")
def html(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "new" / "report.html"
    groups = {"Camera": np.arange(90) % 2}
    row = {"format": "keras", "path": "model.keras", "bytes": 2_517_000, "load_s": 0.4, "median_ms": 3.2}
    row |= {"slow_ms": 4.0, "same": 32, "images": 32, "difference": 2e-7, "runtime": "Keras 3", "cores": 2}
    card = {"Contact": "the mail room", "Intended use": "sorting bands"}
    given = dict(groups=groups, exports=[row], card=card, command="ftlib fit ./bands", advice=["Few labels & such."])
    assert write(run, path, **given) == path
    return path.read_text(encoding="utf-8")


def words(html):
    plain = re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.S))
    return re.sub(r"\s+", " ", unescape(plain).replace("\xa0", " "))


def section(html, anchor):
    return re.search(rf'<section id="{anchor}">(.*?)</section>', html, flags=re.S).group(1)


def cells(html, first):
    """Returns the rows of a table that begin with `first`."""
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr[^>]*>(.*?)</tr>", html, flags=re.S)]
    return [[words(cell).strip() for cell in row] for row in rows if row and words(row[0]).strip() == first]


def test_every_section_is_there_and_linked(html):
    linked = re.findall(r'<a href="#(\w+)">', html)
    assert linked == "glance data classes groups confidence mistakes looks card use training repeat".split()
    assert re.findall(r'<section id="(\w+)">', html) == linked
    assert all("<h2>" in section(html, anchor) for anchor in linked)


def test_it_needs_no_other_file_no_network_and_no_script(html):
    assert not re.search(r"<(script|link|iframe|object|embed)\b", html)
    for source in re.findall(r'\b(?:src|href|srcset)="([^"]*)"', html):
        assert source.startswith(("data:image/png;base64,", "data:image/jpeg;base64,", "#"))
    assert "url(" not in html and "@import" not in html
    assert 'name="viewport"' in html and "@media print" in html and '<html lang="en">' in html


def test_every_picture_has_a_text(html):
    images = re.findall(r"<img [^>]+>", html)
    assert len(images) > 15
    assert all(len(re.search(r'alt="([^"]*)"', image).group(1)) > 2 for image in images)


def test_names_from_outside_are_escaped(html):
    assert "<b>middle" not in html and "&lt;b&gt;middle" in html and "Few labels &amp; such." in html


def test_the_headline_is_the_test_accuracy_with_its_interval(run, html):
    right = round(90 * run.test_accuracy)
    shown = f"Shown {len(run.task.train)} images, the network that had practised on other images"
    assert f"{shown} gets {right} of 90 new ones right." in words(html)
    assert f"It names {right} of 90 test images correctly: {plots.percent(right / 90)} (95 % interval" in words(html)


def test_the_figures_of_a_class_are_those_of_the_predictions(run, html):
    said, labels = run.predictions("test").argmax(1), run.task.test.labels
    found = int(((said == 2) & (labels == 2)).sum())
    (row,) = cells(section(html, "classes"), "bottom")
    assert row[1:3] == [str((labels == 2).sum()), str(found)]
    assert row[3] == plots.percent(found / (labels == 2).sum())
    assert row[5] == plots.percent(found / (said == 2).sum())


def test_groups_are_told_apart_and_brightness_is_one(run, html):
    right = run.predictions("test").argmax(1) == run.task.test.labels
    (row,) = cells(section(html, "groups"), "1")
    assert row[1:3] == ["45", plots.percent(right[1::2].mean())]
    assert "darkest third" in words(section(html, "groups"))


def test_what_the_doubts_would_save_is_counted(run, html):
    chances, labels = run.predictions("test"), run.task.test.labels
    told = section(html, "confidence")
    (row,) = cells(told, "all answers")
    assert row[1] == "90" and row[5] == str((chances.argmax(1) != labels).sum())
    sure = chances.max(1) >= 0.5
    assert 0 < sure.sum() < 90  # else this test would show nothing
    (row,) = cells(told, "50 %")
    assert row[1] == str(sure.sum()) and row[5] == str((chances.argmax(1) != labels)[sure].sum())
    assert f"{100 * calibration(run).ece:.1f} points" in words(told)


def test_mistakes_are_listed_by_file_the_surest_first(run, html):
    chances, labels, ids = run.predictions("test"), run.task.test.labels, run.task.test.ids
    wrong = np.flatnonzero(chances.argmax(1) != labels)
    assert 12 < len(wrong) < 40  # the picture of what this task is made for
    told = section(html, "mistakes")
    listed = re.findall(r"<td class=short>(test-\d+)</td></tr>", told)
    assert sorted(listed) == sorted(ids[wrong])
    assert listed[0] == ids[wrong[chances[wrong].max(1).argmax()]]
    assert len(re.findall(r'<figure class="card">', told)) == 12


def test_where_it_looks_is_shown_and_tested(html):
    told = words(section(html, "looks"))
    assert "Grad-CAM on the feature maps of stage" in told
    assert "with the fifth that speaks most for the class covered" in told
    assert "So the maps show" in told
    cards = [words(card).strip() for card in re.findall(r"<strong>(.*?)</strong>", section(html, "looks"))]
    assert cards[:2] == ["<b>middle</b>", "bottom"]  # right ones; the wrong labels leave no "top"
    assert [re.match(r"No. (\d): \S+, said \S+$", card)[1] for card in cards[2:]] == list("123456")
    for said in (card.rpartition(" said ")[2] for card in cards[2:]):
        assert f"for {said}" in told


def test_the_card_the_command_and_the_exports_are_told(html):
    card = words(section(html, "card"))
    assert "Intended use sorting bands" in card and "Contact the mail room" in card
    assert "12 x 12 pixels, grey" in card and "none of its classes" in card
    (row,) = cells(section(html, "use"), "model.keras")
    assert row[2:] == ["2.5 MB", "0.4 s", "3.2 ms", "4.0 ms", "Keras 3"]
    assert "on 32 real examples all answers are those of the trained model" in words(section(html, "use"))
    assert "ftlib fit ./bands" in words(section(html, "repeat"))
    assert "Left out, unreadable: 1: a.png" in words(section(html, "data"))  # the notes of the task


@pytest.mark.parametrize("findings", [["12 copies"], [{"level": "note", "text": "12 copies", "kind": "copies"}]])
def test_findings_are_sentences_or_the_rows_of_a_check(run, tmp_path, findings):
    html = write(run, tmp_path / "r.html", findings=findings).read_text(encoding="utf-8")
    assert "<li>12 copies</li>" in section(html, "data") and "unreadable" not in section(html, "data")
    assert "warns" not in section(html, "glance")


def test_warnings_come_first_and_show_at_a_glance(run, tmp_path):
    findings = [{"level": "note", "text": "small"}, {"level": "warning", "text": "a leak"}]
    html = write(run, tmp_path / "r.html", findings=findings).read_text(encoding="utf-8")
    assert "<li>Warning: a leak</li><li>small</li>" in section(html, "data")
    assert "warns of 1 thing" in words(section(html, "glance"))


def test_a_run_without_its_data_tells_what_was_recorded_and_says_so(run, tmp_path):
    assert run.test_accuracy  # looked at, so recorded
    loaded = load_run(run.run_dir)
    html = write(loaded, tmp_path / "r.html").read_text(encoding="utf-8")
    assert f"It names {round(90 * run.test_accuracy)} of 90 test images correctly" in words(html)
    assert "loaded without its data" in section(html, "glance")
    assert 'id="mistakes"' not in html and 'id="training"' in html


def test_many_classes_are_listed_and_not_drawn(tmp_path):
    labels = np.arange(80) % 40
    images = np.random.default_rng(0).integers(0, 255, (80, 12, 12, 1)).astype("uint8")
    parts = {
        part: tiny.Split(images + i, labels, np.array([f"{part}-{k}" for k in range(80)]))
        for i, part in enumerate(("train", "validation", "test"))
    }
    task = tiny.Task("many", **parts, class_names=tuple(f"c{i}" for i in range(40)), source="drawn", licence="none")
    many = fit(tiny.classifier(tiny.backbone(), 40), task, "feature_extraction", updates=4, verbose=False)
    html = write(many, tmp_path / "r.html").read_text(encoding="utf-8")
    assert "Confusion matrix" not in html and "What is most often taken for what" in words(html)
    assert "c0, c1, c2" in words(html) and "28 more" in words(html)


def test_what_fails_leaves_the_old_report_and_no_litter(run, tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("the old one")
    with pytest.raises(ValueError, match="one group for each of the 90 test images"):
        write(run, path, groups={"Camera": [1, 2]})
    monkeypatch.setattr(plots, "stage_picture", lambda rows: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write(run, path)
    with pytest.raises(ValueError, match="Received: the folder"):
        write(run, tmp_path)
    assert path.read_text() == "the old one" and list(tmp_path.iterdir()) == [path]
