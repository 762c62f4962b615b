"""`ftlib evaluate`: how good a run is, on its own test pictures and on others."""

import json
import shutil

from folders import bands

from ftlib.app.cli import main


def test_evaluate_repeats_the_figures_of_the_run(good_run, capsys):
    assert main(["evaluate", str(good_run), "--json"]) == 0
    metrics = json.loads(capsys.readouterr().out)
    recorded = json.loads((good_run / "metrics.json").read_text())
    assert metrics["accuracy"] == recorded["accuracy"] and metrics["macro_f1"] == recorded["macro_f1"]
    assert main(["evaluate", str(good_run)]) == 0
    said = capsys.readouterr().out
    assert "95 % interval" in said and "bottom" in said and "precision" in said


def test_evaluate_on_others_leaves_out_what_was_trained_on_and_records_nothing(
    more_pictures, good_run, tmp_path, capfd
):
    other = shutil.copytree(more_pictures, tmp_path / "other")
    fresh = bands(tmp_path / "fresh", each=10, seed=9)
    for file in fresh.glob("*/*"):
        shutil.copy(file, other / file.parent.name / f"new{file.name}")
    before = (good_run / "run.json").read_text()
    assert main(["evaluate", str(good_run), "--on", str(other), "--json"]) == 0
    said = capfd.readouterr()
    assert json.loads(said.out)["images"] == 12 + 30 and "48 pictures are left out" in said.err
    assert (good_run / "run.json").read_text() == before
    assert main(["evaluate", str(good_run), "--on", str(fresh), "--json", "--quiet"]) == 0
    assert json.loads(capfd.readouterr().out)["images"] == 30
