"""The rows of studies: those of a comparison, with more columns."""

import tiny

from ftlib.evidence.comparison import load_comparison
from ftlib.models.backbones import classifier
from ftlib.training.compare import compare
from ftlib.training.fit import fit

STUDIES = ("fine-tuning", "presets", "presets-rate", "anchors", "bias", "gradual")


def test_a_row_is_that_of_a_comparison_with_more_columns_before_and_behind(root, monkeypatch, eager):
    monkeypatch.syspath_prepend(str(root / "tools"))
    from run_rows import row_of_run

    backbone, task = tiny.backbone(), tiny.task()
    options = {"seeds": 1, "updates": 3, "labels_per_class": 8, "verbose": False}
    compared = compare(backbone, lambda labels, seed: task, tiny.one_phase("head"), **options)
    run = fit(classifier(backbone, tiny.CLASSES), task, tiny.one_phase("head"), seed=0, updates=3, verbose=False)
    row = row_of_run(run, "mine", 8)
    assert list(row.items()) == list(compared.rows[0].items())

    wider = row_of_run(run, "mine", 8, {"share": 0.5}, {"letters": 0.1}, rate_factor=3.0, with_training=True)
    names = list(row)
    after_updates = names.index("updates_done") + 1
    assert list(wider) == [
        names[0], "share", *names[1:after_updates], "train_accuracy", *names[after_updates:], "letters",
    ]  # fmt: skip
    assert wider | row == {**wider, "rate_factor": 1.0} and 0 <= wider["train_accuracy"] <= 1


def test_what_is_recorded_has_these_columns(root):
    shared = [
        "labels_per_class", "updates", "seed", "rate_factor", "regularization", "updates_done", "val_accuracy",
        "val_macro_f1", "test_accuracy", "test_macro_f1",
    ]  # fmt: skip
    for name in STUDIES:
        path = root / "results" / f"{name}.json"
        for row in load_comparison(path).rows if path.exists() else ():
            assert next(iter(row)) == "strategy" and [column for column in row if column in shared] == shared
