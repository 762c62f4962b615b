"""The report: one file, complete, safe and written whole or not at all."""

import base64
import re
from dataclasses import dataclass, field, replace
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest
from canvas import assert_texts_have_room

from ftlib import plots
from ftlib.report import write_report
from ftlib.score import ACCURACY, Score

LABELS = np.array([0, 1, 1, 0, 1, 0])
TASK = SimpleNamespace(
    train=SimpleNamespace(labels=LABELS[:4]),
    validation=SimpleNamespace(images=np.zeros((6, 8, 8, 1)), labels=LABELS),
    test=SimpleNamespace(images=np.zeros((6, 8, 8, 1)), labels=LABELS),
)


def epochs():
    return [
        {"phase": phase, "update": 20 * i, "accuracy": 0.99, "val_accuracy": 0.8 + i / 100, "val_loss": 1 / i}
        for i, phase in ((1, "head"), (2, "all"))
    ]


@dataclass
class FakeRun:
    strategy: str = "lp_ft"
    seed: int = 4
    task: object = field(default_factory=lambda: TASK)
    model: object = None
    class_names: tuple = ("cat", "<b>dog</b>")
    scores: dict = field(default_factory=lambda: {"test": 0.8333})
    settings: dict = field(
        default_factory=lambda: {
            "task": {"name": "pets & co", "test": 6},
            "strategy": "lp_ft:\n  head  33%",
            "keras": "3.15.1",
        }
    )
    history: list = field(default_factory=epochs)
    phases: list = field(
        default_factory=lambda: [
            {
                "name": "head",
                "stages": ["head"],
                "updates": 20,
                "updates_done": 20,
                "rate": 0.01,
                "trainable": 1290,
                "best_epoch": 1,
                "epochs": 1,
                "stopped": False,
            },
            {
                "name": "all",
                "stages": ["stem", "body", "head"],
                "updates": 40,
                "updates_done": 20,
                "rate": 1e-4,
                "trainable": 20500,
                "best_epoch": 1,
                "epochs": 1,
                "stopped": True,
            },
        ]
    )
    proofs: list = field(
        default_factory=lambda: [
            SimpleNamespace(name="frozen weights", holds=True, detail="42 weights bit-identical"),
            SimpleNamespace(name="no leak", holds=False, detail="example 7 is in train and test"),
        ]
    )
    notes: list = field(default_factory=lambda: ["The head has <no> Dropout."])
    val_accuracy: float = 0.82
    val_macro_f1: float = 0.81
    headline: Score = ACCURACY
    kind: str = "image"

    @property
    def test_accuracy(self):
        if "test" not in self.scores:
            raise ValueError("This run was loaded without its data.")
        return self.scores["test"]

    def with_task(self, task):
        return replace(self, task=task)

    def predictions(self, part):
        assert part == "test"
        chances = np.full((6, 2), 0.1)
        chances[np.arange(6), LABELS] = 0.9
        chances[2] = [0.7, 0.3]
        return chances

    def stage_rows(self):
        shape = {"output_shape": (8, 8, 16), "params": 500, "layers": 3}
        head = {"stage": "head", "state": "trainable", "rate": 0.01, **shape}
        return [{"stage": "body", "state": "frozen", "rate": None, **shape}, head]


def row(strategy, mean, labels=10, updates=300, half=0.011, n=3, val=None):
    ends = {"test_mean": mean, "test_low": mean - half, "test_high": mean + half, "val_mean": val or mean}
    return {"strategy": strategy, "labels_per_class": labels, "updates": updates, "n": n, "rate_factor": 1.0, **ends}


def comparison(rows, runs=(), settings=None):
    return SimpleNamespace(
        settings=settings or {"task": "digits", "backbone": "glyphnet"},
        rows=[],
        runs=list(runs),
        headline=ACCURACY,
        table=lambda: rows,
        histories=lambda labels, updates: {"scratch": [epochs()], "lp_ft": [epochs()]},
    )


RECORDED_SETTINGS = {"seeds": "0 to 19", "regularization": ["light", "strong"], "class_weight": None}
BOTH = [row("scratch", 0.931), row("lp_ft", 0.972)]


@pytest.fixture(scope="module")
def of_run(tmp_path_factory):
    return write_report(FakeRun(), tmp_path_factory.mktemp("run") / "run.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def of_comparison(tmp_path_factory):
    recorded = comparison([row("lp_ft", m, k, n=20) for k, m in ((1, 0.8), (10, 0.971))], settings=RECORDED_SETTINGS)
    path = tmp_path_factory.mktemp("comparison") / "new folder" / "report.html"
    result = comparison(BOTH, [FakeRun("scratch"), FakeRun("lp_ft")])
    return write_report(result, str(path), recorded=recorded, recorded_in="results/some.json").read_text(
        encoding="utf-8"
    )


def words(html):
    return unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>", "", html, flags=re.S))).replace("\xa0", " ")


def section(html, title):
    return re.search(rf"<h2>{title}</h2>(.*?)(?=<h2>|</main>)", html, flags=re.S).group(1)


@pytest.mark.slow
def test_the_headline_of_a_comparison_has_numbers_intervals_and_seeds(of_comparison):
    assert "With 10 labels per class, lp_ft gets 97.2 % (96.1 to 98.3 %, 3 seeds) of the test images right" in words(
        of_comparison
    )
    assert "scratch gets 93.1 % (92.0 to 94.2 %, 3 seeds)" in words(of_comparison)
    assert "<h1>lp_ft does best on digits</h1>" in of_comparison


@pytest.mark.slow
def test_the_winner_is_chosen_on_validation_and_doubt_is_said(tmp_path):
    rows = [row("scratch", 0.98, val=0.90), row("lp_ft", 0.972, val=0.95)]
    html = write_report(comparison(rows), tmp_path / "r.html").read_text(encoding="utf-8")
    assert "<h1>No strategy is clearly ahead on digits</h1>" in html
    assert "more seeds are needed" in html
    best = re.search(r"<tr class=best>(.*?)</tr>", html).group(1)
    assert "lp_ft" in best


@pytest.mark.slow
def test_one_seed_is_called_one_seed(tmp_path):
    alone = {**row("lp_ft", 0.97, n=1), "test_low": float("nan"), "test_high": float("nan")}
    assert "97.0 % (1 seed, so no interval)" in words(
        write_report(comparison([alone]), tmp_path / "r.html").read_text()
    )


def test_recorded_numbers_are_marked_as_recorded(of_comparison):
    recorded = words(section(of_comparison, "Recorded earlier"))
    assert "From results/some.json; not measured for this report." in recorded
    assert "80.0 % (78.9–81.1)" in recorded and "20 seeds" in recorded
    assert "0 to 19" in section(of_comparison, "Settings of the recorded grid")


def test_phases_proofs_and_settings_are_told(of_comparison, of_run):
    for html in (of_comparison, of_run):
        done = words(section(html, "What was done, and what holds"))
        assert "stem to head" in done and "20 of 40, stopped early" in done and "20,500" in done
        assert "moments start fresh in each phase" in done
        assert "42 weights bit-identical" in done and "BROKEN" in done and "example 7 is in train and test" in done
    assert "3.15.1" in section(of_run, "Settings and versions")
    recorded = section(of_comparison, "Settings of the recorded grid")
    assert ">light; strong<" in recorded and ">none<" in recorded


PROOFS = [
    SimpleNamespace(name="no leak between splits", holds=True, detail="4 + 6 + 6 examples"),
    SimpleNamespace(name="head: frozen weights", holds=True, detail="39 of 39 bit-identical"),
    SimpleNamespace(name="all: frozen weights", holds=True, detail="0 of 0 bit-identical"),
]


def folds(html):
    """What each fold of a page shows while it is closed, and whether it is open."""
    found = re.findall(r"<details( open)?>\n<summary>(.*?)</summary>", section(html, "What was done, and what holds"))
    return [(" ".join(words(line).split()), bool(opened)) for opened, line in found]


@pytest.mark.slow
def test_proofs_are_a_line_for_each_strategy_and_their_details_are_folded(tmp_path):
    result = comparison(BOTH, [FakeRun("scratch", proofs=PROOFS), FakeRun("lp_ft", proofs=PROOFS[1:])])
    html = write_report(result, tmp_path / "r.html").read_text(encoding="utf-8")
    assert folds(html) == [
        ("scratch: all 3 claims hold", False),
        ("lp_ft: all 2 claims hold", False),
    ]
    checked = (
        "Checked during training: that no example is in two splits and that frozen weights stay the same to the bit."
    )
    assert checked in words(html)
    assert "39 of 39 bit-identical" in html and "details-content" in html  # on paper they are open


def test_a_broken_proof_is_named_and_its_details_are_open(of_run):
    assert folds(of_run) == [("lp_ft: 1 of 2 claims BROKEN no leak", True)]
    assert "<strong class=broken>lp_ft" in of_run


def lead(result, path):
    html = write_report(result, path / "r.html").read_text(encoding="utf-8")
    return words(re.search("<p class='lead'>(.*?)</p>", html).group(1))


def one_seed(rows):
    return [{**r, "n": 1, "test_low": float("nan"), "test_high": float("nan")} for r in rows]


CUSTOM = {"strategy": "mine: starts pretrained, keeps the first 2 stages\n  head  33%"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows, runs, backbone, said",
    [
        (
            BOTH,
            [FakeRun()],
            "glyphnet",
            "Shown 20 handwritten digits, the network that had practised on letters gets "
            "97 of 100 new ones right; the same network, starting from nothing, gets 93.",
        ),
        (
            [row("scratch", 0.97, val=0.99), row("lp_ft", 0.93)],
            [],
            "MobileNetV2",
            "Shown 10 of each class of "
            "handwritten digits, the network that started from nothing gets 97 of 100 new ones right; the same "
            "network, having practised on other images, gets 93.",
        ),
        (
            [row("scratch", 0.6, half=0.4, n=2), row("lp_ft", 0.97, n=2)],
            [],
            "glyphnet",
            "Shown 10 of each class of "
            "handwritten digits, the network that had practised on letters gets 97 of 100 new ones right; the same "
            "network, starting from nothing, gets 60. After 2 tries each, the difference can be chance.",
        ),
        (
            one_seed(BOTH),
            [],
            "glyphnet",
            "Shown 10 of each class of handwritten digits, the network that had practised "
            "on letters gets 97 of 100 new ones right; the same network, starting from nothing, gets 93. With one try "
            "each, the difference can be chance.",
        ),
        (
            one_seed(BOTH[1:]),
            [],
            "glyphnet",
            "Shown 10 of each class of handwritten digits, the network that had "
            "practised on letters gets 97 of 100 new ones right in a single try.",
        ),
        (
            [row("full", 0.962, half=0.0001, labels=None), row("lp_ft", 0.964, half=0.0001, labels=None)],
            [],
            "glyphnet",
            "Shown all handwritten digits that there are to learn from, the network that had practised on letters gets "
            "964 of 1,000 new ones right when trained by lp_ft, and 962 by full.",
        ),
        (
            [row("scratch", 0.971), row("mine", 0.972)],
            [FakeRun("mine", settings=CUSTOM)],
            "glyphnet",
            "Shown 20 "
            "handwritten digits, the network that kept part of what it knew of letters gets 97 of 100 new ones "
            "right; the same network, starting from nothing, gets as many.",
        ),
        (
            [row("scratch", 0.93), row("unheard_of", 0.972)],
            [],
            "glyphnet",
            "Shown 10 of each class of handwritten "
            "digits, the network that learned in another way gets 97 of 100 new ones right; the same network, starting "
            "from nothing, gets 93.",
        ),
    ],
)
def test_the_first_sentence_is_plain_and_claims_no_more_than_the_intervals_carry(tmp_path, rows, runs, backbone, said):
    assert lead(comparison(rows, runs, {"task": "digits", "backbone": backbone}), tmp_path) == said


@pytest.mark.slow
def test_the_first_sentence_of_a_run_is_plain(tmp_path):
    task = {"name": "textures", "train": 80, "test": 600}
    settings = {"task": task, "strategy": "lp_ft: starts pretrained\n  head  33%"}
    said = "Shown 80 textures, the network that had practised on other images gets"
    assert lead(FakeRun(task=None, settings=settings), tmp_path) == f"{said} 83 of 100 new ones right."
    settings["task"] = {**task, "test": 6}
    assert lead(FakeRun(task=None, settings=settings), tmp_path) == f"{said} 5 of 6 new ones right."
    settings["task"] = "pets"
    assert lead(FakeRun(task=None, settings=settings, scores={}), tmp_path) == (
        "The network gets 82 of 100 new images right, of those that its best epoch was chosen by."
    )


@pytest.mark.slow
def test_no_text_of_a_report_leaves_its_canvas(tmp_path, monkeypatch):
    drawn, png = [], plots.png
    monkeypatch.setattr(plots, "png", lambda fig: drawn.append(fig) or png(fig))
    names = ("scratch", "a_strategy_of_my_own_that_trains_the_head_first")
    result = comparison([row(name, 0.9, n=20) for name in names], [FakeRun(name) for name in names])
    result.histories = lambda labels, updates: {name: [epochs(), epochs()] for name in names}
    write_report(result, tmp_path / "r.html", recorded=comparison([row(names[0], 0.9, k, n=k) for k in (1, 10)]))
    monkeypatch.undo()
    assert len(drawn) >= 6
    for fig in drawn:
        assert_texts_have_room(fig)


def test_a_single_run_has_an_interval_and_a_warning(of_run):
    assert "lp_ft gets 83.3 % (95 % interval 43.6 to 97.0 %) of the 6 test images right." in words(of_run)
    assert "not the luck of the seed" in of_run
    assert "The last epoch was the best" in of_run and "Training is far ahead" in of_run


def test_every_picture_has_a_text_and_is_inside_the_file(of_comparison, of_run):
    for html, count in ((of_comparison, 6), (of_run, 4)):
        images = re.findall(r"<img [^>]+>", html)
        assert len(images) >= count - 1
        for image in images:
            assert len(re.search(r'alt="([^"]*)"', image).group(1)) > 20
            data = re.search(r'src="data:image/png;base64,([^"]+)"', image).group(1)
            assert base64.b64decode(data).startswith(b"\x89PNG")


def test_the_file_needs_nothing_else(of_comparison, of_run):
    for html in (of_comparison, of_run):
        assert "://" not in html
        assert not re.search(r"<(script|link|iframe)\b", html)
        for source in re.findall(r'\b(?:src|href|srcset)="([^"]*)"', html):
            assert source.startswith("data:image/png;base64,")
        assert '<html lang="en">' in html and 'name="viewport"' in html and "@media print" in html


def test_names_from_outside_are_escaped(of_run):
    assert "pets &amp; co" in of_run and "&lt;no&gt; Dropout" in of_run
    assert "<no>" not in of_run and "<b>dog" not in of_run and "&lt;b&gt;dog&lt;/b&gt;" in of_run


@pytest.mark.slow
def test_a_run_without_its_data_leaves_the_mistakes_out_and_says_so(tmp_path):
    html = write_report(FakeRun(task=None), tmp_path / "r.html").read_text(encoding="utf-8")
    assert "loaded without its data" in section(html, "Mistakes") and "<img" not in section(html, "Mistakes")
    assert "of the 6 test images right" in words(html)
    html = write_report(FakeRun(task=None, scores={}), tmp_path / "r.html").read_text(encoding="utf-8")
    assert "lp_ft gets 82.0 % of the validation images right" in words(html)
    assert "The test images were not evaluated" in html


@pytest.mark.slow
def test_a_task_brings_the_mistakes_of_a_loaded_run_back(tmp_path):
    html = write_report(FakeRun(task=None), tmp_path / "r.html", task=TASK).read_text(encoding="utf-8")
    assert "<img" in section(html, "Mistakes")


def test_a_report_that_fails_leaves_the_old_one_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("the old one")
    monkeypatch.setattr(plots, "stage_picture", lambda rows: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_report(FakeRun(), path)
    assert path.read_text() == "the old one" and list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_one_and_no_litter(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("the old one")

    def full(source, target):
        raise OSError("no space left")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="no space"):
        write_report(FakeRun(task=None), path)
    assert path.read_text() == "the old one" and list(tmp_path.iterdir()) == [path]


def test_a_folder_or_another_object_is_refused_at_once(tmp_path):
    with pytest.raises(ValueError, match="Received: the folder"):
        write_report(FakeRun(), tmp_path)
    with pytest.raises(TypeError, match="Received: dict"):
        write_report({}, tmp_path / "r.html")


def test_the_way_on_is_with_the_backbone_that_was_compared(tmp_path):
    result = comparison(BOTH, settings={"task": "pets", "backbone": "MobileNetV2"})
    html = unescape(write_report(result, tmp_path / "report.html").read_text(encoding="utf-8"))
    assert 'ft.load_backbone("MobileNetV2")' in html and "glyphnet" not in html
