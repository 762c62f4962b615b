"""Builds the one file that Colab needs, `dist/ftlib-colab.zip`: `make colab`.

It holds ftlib as a wheel, with weights and recorded measurements; what the first cell of a lesson runs to install it;
and the notebooks and READMEs, for those who got this file and nothing else. The same sources give the same bytes.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = ROOT / "dist" / "ftlib-colab.zip"
SOURCES = ("pyproject.toml", "setup.py", "README.md", "LICENSE", "ftlib", "results", "benchmarks/results")
BEGINNING = (1980, 1, 1, 0, 0, 0)  # of the time that zip files know


def build(target):
    """Writes the file, whole or not at all.

    Raises:
        subprocess.CalledProcessError: If the wheel cannot be built. pip says why.
    """
    with tempfile.TemporaryDirectory() as folder:
        wheel = build_wheel(pathlib.Path(folder))
        files = {"__main__.py": ROOT / "tools" / "on_colab.py", wheel.name: wheel}
        for pattern in ("README*.md", "notebooks/*.md", "notebooks/en/*.ipynb", "notebooks/ko/*.ipynb"):
            files |= {path.relative_to(ROOT).as_posix(): path for path in sorted(ROOT.glob(pattern))}
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        with zipfile.ZipFile(part, "w") as archive:
            for name, path in files.items():
                # A wheel is compressed as it is; stored, it is also checked as a whole when it is unpacked.
                kind = zipfile.ZIP_STORED if path == wheel else zipfile.ZIP_DEFLATED
                archive.writestr(zipfile.ZipInfo(name, BEGINNING), path.read_bytes(), kind)
        os.replace(part, target)


def build_wheel(folder):
    """Returns a wheel of a copy of the sources, without a network: what earlier builds left behind stays out."""
    copy = folder / "source"
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            copy.mkdir(exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    environment = os.environ | {"SOURCE_DATE_EPOCH": "315532800"}  # 1980 for the files inside, too
    subprocess.run([*pip, "--wheel-dir", str(folder), str(copy)], env=environment, check=True)
    return next(folder.glob("ftlib-*.whl"))


if __name__ == "__main__":
    try:
        build(TARGET)
    except subprocess.CalledProcessError:
        sys.exit("error: the wheel could not be built, for the reason above. Is setuptools installed? `make setup`")
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size / 1e6:.0f} MB. README.md says how to use it on Colab.")
