"""Lessons on photos: the same code cells with MobileNetV2, its real ImageNet weights and real flowers."""

import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.real, pytest.mark.slow]
# As in conftest.py: building the graphs of MobileNetV2 takes most of the time.
QUICK = 'import tensorflow as tf\ntf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})\n'


@pytest.mark.parametrize(
    "lesson",
    [
        "05_feature_extraction",
        pytest.param("06_fine_tuning", marks=pytest.mark.photo),
        pytest.param("07_gradual_unfreezing", marks=pytest.mark.photo),
    ],
)
def test_a_lesson_runs_on_photos(root, real, keras_home, lesson):
    sys.path.insert(0, str(root / "tools"))
    from lessons.source import read_lesson_source

    code = QUICK + "\n".join(
        c.code for c in read_lesson_source(root / f"notebooks/source/{lesson}.py") if c.code is not None
    )
    environment = {**os.environ, "FTLIB_TRACK": "photo", "FTLIB_PHOTOS": str(real / "flowers")}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Track 'photo'" in done.stdout or "flowers" in done.stdout
