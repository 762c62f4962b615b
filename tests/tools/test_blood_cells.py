"""A medical example on the practitioner's path: cells cut out of real blood photos."""

import json
import subprocess
import sys

import pytest

from ftlib.tasks.folder.inspection import inspect_data

pytestmark = pytest.mark.real


def cut(root, real, out, *options):
    script = [sys.executable, str(root / "tools" / "blood_cells.py"), str(real / "bccd.zip"), str(out), *options]
    return subprocess.run(script, capture_output=True, text=True)


def test_the_cells_of_a_photo_stay_together(root, real, tmp_path):
    done = cut(root, real, tmp_path / "cells", "--photos", "60", "--red", "2")
    assert done.returncode == 0, done.stderr
    found = inspect_data(tmp_path / "cells" / "cells.csv")
    assert found.usable and found.report.class_names == ("Platelets", "RBC", "WBC")
    photos = {part: {file.id.split("/")[1][:16] for file in files} for part, files in found.files_by_split.items()}
    assert all(photos.values()) and sum(map(len, photos.values())) == len(set.union(*photos.values()))
    again = cut(root, real, tmp_path / "cells")
    assert again.returncode == 1 and "a new folder" in again.stderr


@pytest.mark.slow
@pytest.mark.photo
def test_one_command_tells_blood_cells_apart(root, real, keras_home, tmp_path):
    assert cut(root, real, tmp_path / "cells", "--red", "2").returncode == 0
    command = [sys.executable, "-m", "ftlib.app.cli", "fit", str(tmp_path / "cells" / "cells.csv"), "--json"]
    done = subprocess.run([*command, "--out", str(tmp_path / "run")], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["metrics"]["accuracy"]["low"] > 0.9
