"""`ftlib runs`: all runs below a folder."""

import json
import shutil
import subprocess
import sys

from ftlib.app.cli import main


def test_runs_are_listed_with_those_that_were_stopped_or_are_damaged(good_run, tmp_path, capsys):
    for name in ("done", "deep/er/done", "stopped", "damaged"):
        shutil.copytree(good_run, tmp_path / name)
    (tmp_path / "stopped" / "run.json").unlink()
    (tmp_path / "damaged" / "config.json").write_text("{")
    assert main(["runs", str(tmp_path), "--json"]) == 0
    rows = {row["run"].removeprefix(f"{tmp_path}/"): row for row in json.loads(capsys.readouterr().out)}
    assert {name: row["status"] for name, row in rows.items()} == {
        "done": "finished",
        "deep/er/done": "finished",
        "stopped": "stopped",
        "damaged": "damaged",
    }
    accuracy = json.loads((good_run / "metrics.json").read_text())["accuracy"]
    assert rows["done"]["accuracy"] == accuracy and rows["done"]["backbone"] == "glyphnet"
    assert main(["runs", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "95 % interval" in said and "feature_extraction_long" in said and said.count("finished") == 2
    (tmp_path / "none").mkdir()
    assert main(["runs", str(tmp_path / "none")]) == 0
    assert "No runs" in capsys.readouterr().out


def test_runs_need_no_keras(good_run, root):
    code = (
        "import sys; from ftlib.app.cli import main; "
        f"main(['runs', {str(good_run.parent)!r}]); print('keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("False")
