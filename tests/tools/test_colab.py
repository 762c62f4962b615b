"""The file for Colab, and the first cell of a lesson, on a stand-in for Colab that has all its packages but ftlib."""

import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import colab  # noqa: E402
from lessons.bootstrap import bootstrap  # noqa: E402
from lessons.editions import project  # noqa: E402

VERSION = project()["version"]
WHEEL = f"ftlib-{VERSION}-py3-none-any.whl"
NAME = "ftlib-colab.zip"
LESSONS = sorted((ROOT / "notebooks").glob("[ek][no]/*.ipynb"))

# What Colab's dialogue does: the chosen file comes into the session's folder, beside one that has its name.
STAND_IN = """
import os, pathlib, shutil

def upload():
    if not os.environ["CHOSEN"]:
        return {}
    chosen = pathlib.Path(os.environ["CHOSEN"])
    target = pathlib.Path(f"{chosen.stem} (1){chosen.suffix}" if os.path.exists(chosen.name) else chosen.name)
    shutil.copyfile(chosen, target)
    return {target.name: target.read_bytes()}
"""

# A kernel imports google.colab before any cell. Cells, each in a file, are run one after the other, as in a notebook.
KERNEL = """
import sys, google.colab.files
for path in sys.argv[1:]:
    exec(compile(open(path, encoding="utf-8").read(), path, "exec"), {"__name__": "__main__"})
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    path = tmp_path_factory.mktemp("built") / NAME
    colab.build(path)
    return path


class Colab:
    """A Python with the packages of this one, but without ftlib, and the folder of a session."""

    def __init__(self, folder):
        self.python, self.session, self.room = folder / "python", folder / "content", folder / "room"
        self.file = self.session / NAME
        self.session.mkdir()
        self.room.mkdir()
        venv.create(self.python, with_pip=False)
        self.packages = next(self.python.glob("lib/python*/site-packages"))
        for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
            if "ftlib" not in path.name:
                (self.packages / path.name).symlink_to(path)
        stand_in = self.room / "google" / "colab"
        stand_in.mkdir(parents=True)
        (stand_in / "__init__.py").write_text("from google.colab import files\n")
        (stand_in / "files.py").write_text(STAND_IN)
        (self.room / "kernel.py").write_text(KERNEL)

    def python_runs(self, *arguments, folder=None, **variables):
        """Runs its Python in the session's folder, or in another."""
        environment = {
            "PATH": "/usr/bin:/bin",
            "PYTHONPATH": str(self.room),
            "HOME": str(self.room),
            "PYTHONUTF8": "1",
            "PIP_NO_INDEX": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "TF_CPP_MIN_LOG_LEVEL": "2",
            **variables,
        }
        command = [str(self.python / "bin" / "python"), *map(str, arguments)]
        return subprocess.run(command, cwd=folder or self.session, env=environment, capture_output=True, text=True)

    def runs(self, *cells, chosen=""):
        paths = []
        for at, cell in enumerate(cells):
            paths.append(self.room / f"cell{at}.py")
            paths[-1].write_text(cell, encoding="utf-8")
        return self.python_runs(self.room / "kernel.py", *paths, CHOSEN=str(chosen))

    def has_ftlib(self):
        return (self.packages / "ftlib" / "__init__.py").exists()


@pytest.fixture
def machine(tmp_path):
    return Colab(tmp_path)


def cell(language="en", version=VERSION, address=""):
    return bootstrap(language, version, address)


def copy(course, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(course.read_bytes())


# --- the file ---------------------------------------------------------------------------------------------


def test_the_file_holds_the_lessons_and_a_wheel_with_weights_and_records(course, tmp_path):
    with zipfile.ZipFile(course) as file:
        names = set(file.namelist())
        file.extract(WHEEL, tmp_path)
    lessons = {path.relative_to(ROOT).as_posix() for path in LESSONS}
    assert lessons | {"__main__.py", "README.md", "README.ko.md"} <= names
    held = set(zipfile.ZipFile(tmp_path / WHEEL).namelist())
    assert "ftlib/weights/glyphnet.weights.h5" in held
    sentences = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("ftlib/course/*.toml")]
    assert len(sentences) > 1 and set(sentences) <= held
    records = [*ROOT.glob("results/*.json"), *ROOT.glob("benchmarks/results/*.json")]
    assert {f"ftlib/recorded/{path.relative_to(ROOT).as_posix()}" for path in records} <= held


def test_the_same_sources_give_the_same_bytes(course, tmp_path):
    colab.build(tmp_path / NAME)
    assert (tmp_path / NAME).read_bytes() == course.read_bytes()


def test_a_failed_build_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    (tmp_path / NAME).write_text("the last one")
    monkeypatch.setattr(colab, "SOURCES", ("README.md",))  # nothing to build from
    with pytest.raises(subprocess.CalledProcessError):
        colab.build(tmp_path / NAME)
    assert [path.name for path in tmp_path.iterdir()] == [NAME] and (tmp_path / NAME).read_text() == "the last one"


# --- the cell ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "https://example.org/course"])
def test_anywhere_but_on_colab_the_cell_does_nothing(address, tmp_path):
    code = "import os, sys; before = {*sys.modules}, os.getcwd(), {**os.environ}\n" + cell(address=address)
    code += "\nassert ({*sys.modules}, os.getcwd(), {**os.environ}) == before"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_lesson_begins_with_the_cell_in_its_language(path):
    [first] = [c for c in nbformat.read(path, as_version=4).cells if c.metadata.get("tags") == ["bootstrap"]]
    assert first.source == cell(path.parent.name) and first.outputs == []
    assert len(first.source.splitlines()) <= 25 and max(map(len, first.source.splitlines())) <= 88


@pytest.mark.slow
def test_the_file_in_the_session_is_installed_and_works_from_any_folder(machine, course, tmp_path):
    copy(course, machine.file)
    done = machine.runs(cell())
    assert (done.returncode, done.stderr) == (0, "")
    told = f"ftlib {VERSION} has been installed from {machine.file}. Colab's own packages are as they were."
    assert done.stdout.splitlines() == [told]
    code = "import ftlib as ft; print(ft.__file__); print(len(ft.track().recorded('digits').rows) > 0)\n"
    code += "from ftlib.app.comparing import RECORDED; print(RECORDED.exists())\n"
    code += "from ftlib.records import records_folder as f; print(len([*f('benchmarks/results').glob('*.json')]) > 0)"
    used = machine.python_runs("-c", code, folder=tmp_path)
    assert used.stdout.split() == [str(machine.packages / "ftlib" / "__init__.py"), "True", "True", "True"], used.stderr


def test_a_second_run_and_a_second_lesson_install_nothing(machine, course):
    copy(course, machine.file)
    korean = cell("ko") + "\nimport os; print(os.environ['FTLIB_LANG'], os.getcwd())"
    done = machine.runs(cell(), cell(), korean)
    _, again, other, last = done.stdout.splitlines()
    assert again == f"ftlib {VERSION} is already installed."
    assert other == f"ftlib {VERSION} 버전이 이미 설치되어 있습니다." and last == f"ko {machine.session}"
    assert "already installed" in machine.runs(cell()).stdout  # after a restart, too


@pytest.mark.parametrize("place", ["", "A folder of mine"])
def test_the_file_is_found_in_drive(machine, course, place):
    file = machine.session / "drive" / "MyDrive" / place / "ftlib-colab (1).zip"
    copy(course, file)
    done = machine.runs(cell("ko"))
    assert done.returncode == 0 and machine.has_ftlib()
    assert f"{file}에서 ftlib {VERSION}" in done.stdout


def test_without_the_file_the_dialogue_asks_for_it(machine, course):
    done = machine.runs(cell(), chosen=course)
    asked, told = done.stdout.splitlines()
    assert asked == "Choose the file ftlib-colab.zip." and f"installed from {machine.file}" in told
    assert machine.has_ftlib()


def test_a_cancelled_dialogue_or_another_file_is_one_clear_sentence(machine, tmp_path):
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(b"no zip")
    for language, chosen, received in (("en", "", "nothing"), ("en", photo, "photo.jpg"), ("ko", "", "없음")):
        done = machine.runs(cell(language), chosen=chosen)
        assert done.returncode == 1 and f": {received}. " in done.stderr and "ftlib-colab.zip" in done.stderr
        assert len(done.stderr.splitlines()) == 1 and not machine.has_ftlib()


def test_half_a_file_is_not_taken_and_a_whole_one_beside_it_is(machine, course):
    machine.file.write_bytes(course.read_bytes()[:100_000])
    done = machine.runs(cell(), chosen="")
    assert done.returncode == 1 and "Expected ftlib-colab.zip, whole. Received: nothing." in done.stderr
    done = machine.runs(cell(), chosen=course)
    assert done.returncode == 0 and "/ftlib-colab (1).zip" in done.stdout


def test_a_damaged_file_is_one_clear_sentence(machine, course):
    data = bytearray(course.read_bytes())
    data[data.index(WHEEL.encode()) + 1_000_000] ^= 255
    machine.file.write_bytes(data)
    done = machine.runs(cell())
    assert done.returncode == 1 and done.stderr == f"{machine.file} is damaged. Delete it, and run this cell again.\n"
    assert not machine.has_ftlib()


def test_a_file_that_replaced_another_is_read_anew_in_the_same_session(machine, course):
    with zipfile.ZipFile(machine.file, "w") as old:
        old.writestr("notebooks/en/01.ipynb", "{}")
        old.writestr("__main__.py", "print('an older one')")
    done = machine.runs(cell(), f"import shutil; shutil.copyfile({str(course)!r}, {NAME!r})", cell())
    assert done.returncode == 0, done.stderr
    old, new = done.stdout.splitlines()
    assert old == "an older one" and "has been installed" in new and machine.has_ftlib()


def test_a_file_of_another_version_says_which_is_needed(machine, course):
    copy(course, machine.file)
    done = machine.runs(cell(version="9.9.9"))
    assert done.returncode == 1 and f"needs ftlib 9.9.9. Received: {machine.file} with {WHEEL}." in done.stderr
    assert len(done.stderr.splitlines()) == 1 and not machine.has_ftlib()


def test_an_old_keras_is_one_clear_sentence(machine, course):
    copy(course, machine.file)
    for path in machine.packages.glob("keras-[0-9]*.dist-info"):
        path.unlink()
    old = machine.packages / "keras-3.10.0.dist-info"
    old.mkdir()
    (old / "METADATA").write_text("Metadata-Version: 2.1\nName: keras\nVersion: 3.10.0\n")
    done = machine.runs(cell())
    assert done.returncode == 1 and "needs Keras 3.13 or newer. Received: 3.10.0." in done.stderr
    assert len(done.stderr.splitlines()) == 1 and done.stdout == ""


# --- with an address --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A repository with what a wheel is built from, under the tag of the version."""
    place = tmp_path_factory.mktemp("hosted") / "course"
    place.mkdir()
    for name in (*colab.SOURCES, "tools/on_colab.py"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile)(ROOT / name, place / name)
    git = ["git", "-c", "user.name=someone", "-c", "user.email=someone@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "All"], ["tag", f"v{VERSION}"]):
        subprocess.run([*git, *command], cwd=place, check=True)
    return place.as_uri()


@pytest.mark.slow
def test_with_an_address_the_cell_fetches_the_course_by_itself(machine, repository):
    done = machine.runs(cell(address=repository), cell("ko", address=repository))
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert "has been installed from ftlib-course" in first and "이미 설치되어" in second
    assert machine.has_ftlib() and (machine.packages / "ftlib" / "recorded" / "results" / "digits.json").exists()


def test_with_an_address_a_file_that_is_there_is_still_taken(machine, course):
    copy(course, machine.file)
    done = machine.runs(cell(address="https://example.invalid/course"))
    assert done.returncode == 0 and f"installed from {machine.file}" in done.stdout


def test_an_address_that_does_not_answer_says_what_to_do(machine, tmp_path):
    done = machine.runs(cell("ko", address=(tmp_path / "nothing").as_uri()))
    assert done.returncode == 1 and "강의를 받아 오지 못했습니다." in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr and not machine.has_ftlib()
