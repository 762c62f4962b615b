"""Lessons on photos: the same code cells with MobileNetV2, its real ImageNet weights and real flowers."""

import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.real, pytest.mark.slow]
# As in conftest.py: building the graphs of MobileNetV2 takes most of the time.
QUICK = 'import tensorflow as tf\ntf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})\n'


def code_cells(root, lesson):
    sys.path.insert(0, str(root / "tools"))
    from lessons.source import read_lesson_source

    return [c.code for c in read_lesson_source(root / f"notebooks/source/{lesson}.py") if c.code is not None]


@pytest.mark.photo
@pytest.mark.parametrize("lesson", ["00_first_win", "05_feature_extraction", "06_fine_tuning", "07_gradual_unfreezing"])
def test_a_lesson_runs_on_photos(root, real, keras_home, lesson):
    code = QUICK + "\n".join(code_cells(root, lesson))
    environment = {**os.environ, "FTLIB_TRACK": "photo", "FTLIB_PHOTOS": str(real / "flowers")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Track 'photo'" in done.stdout or "flowers" in done.stdout


def test_the_cells_of_a_lesson_that_differ_run_on_photos(root, real, keras_home, monkeypatch, capsys):
    """Pictures and backbone come from the track and bear out the lesson's first claim; the record is that of digits."""
    monkeypatch.setenv("FTLIB_TRACK", "photo")
    monkeypatch.setenv("FTLIB_PHOTOS", str(real / "flowers"))
    cells = code_cells(root, "05_feature_extraction")
    first_claim = next(i for i, cell in enumerate(cells) if 'assert together["features"]' in cell)
    record = next(i for i, cell in enumerate(cells) if 'track.recorded("digits")' in cell)

    names = {}
    for cell in [*cells[: first_claim + 1], *cells[record : record + 2]]:
        exec(cell, names)
    said = capsys.readouterr().out
    assert "Track 'photo'" in said and "flowers" in said
    assert names["maps"].shape[1:] == (3, 3, 1280) and names["ahead"][1] > names["ahead"][50]
