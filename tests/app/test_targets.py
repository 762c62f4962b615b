"""`ftlib fit` on several labels and on numbers: from the CSV file to the report, also after a stop."""

import csv
import io
import json

import app_runs
import pytest
from folders import bands, table

from ftlib.app.cli import main

KINDS = {
    "multilabel": ({"bottom": "low", "middle": "low|high", "top": ""}, "path,label", []),
    "regression": ({"bottom": "1.5", "middle": "20", "top": "41"}, "path,height (cm)", ["--label-column", "height"]),
}


def labelled(place, target):
    """Writes pictures of bands and a table that says of each what its class stands for."""
    labels, head, options = KINDS[target]
    bands(place, each=12)
    rows = [f"{file.relative_to(place).as_posix()},{labels[file.parent.name]}" for file in sorted(place.rglob("*.png"))]
    return table(place / "t.csv", rows, head), ["--target", target, *options]


@pytest.mark.slow
@pytest.mark.parametrize("target", list(KINDS))
def test_a_stopped_run_ends_as_one_that_nothing_stopped(tmp_path, monkeypatch, capsys, short_epochs, target):
    path, options = labelled(tmp_path / "pictures", target)
    assert app_runs.fit(path, tmp_path / "whole", "--quiet", *options) == 0
    with monkeypatch.context() as patch:
        app_runs.after_checkpoints(1, patch, app_runs.interrupt)
        assert app_runs.fit(path, tmp_path / "stopped", "--quiet", *options) == 130
    with monkeypatch.context() as patch:  # one report of this kind of target is enough: that of the whole run
        patch.setattr("ftlib.report.write_model_report", app_runs.write_plain_report)
        assert main(["fit", "--resume", str(tmp_path / "stopped"), "--quiet"]) == 0
    app_runs.assert_same_run(tmp_path / "whole", tmp_path / "stopped")
    capsys.readouterr()

    picture = str(tmp_path / "pictures" / "top" / "000.png")
    assert main(["predict", str(tmp_path / "whole"), picture, "--format", "csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    expected = {"multilabel": {"labels", "high", "low"}, "regression": {"height (cm)"}}[target]
    assert set(row) == {"picture", "error", *expected}
    assert main(["predict", str(tmp_path / "whole"), picture, "--top", "2"]) == 2
    assert main(["evaluate", str(tmp_path / "whole"), "--json"]) == 0
    evaluated = capsys.readouterr().out
    assert json.loads(evaluated[evaluated.index("{") :]) == json.loads((tmp_path / "whole/metrics.json").read_text())
    assert main(["runs", str(tmp_path)]) == 0
    report = (tmp_path / "whole" / "report.html").read_text(encoding="utf-8")
    assert ("Label by label" if target == "multilabel" else "Predicted and true") in report
