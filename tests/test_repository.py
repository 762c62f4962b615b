"""The repository keeps its promises: pins, light import, documented names, real commands."""

import doctest
import importlib
import importlib.util
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def modules():
    return sorted((ROOT / "ftlib").rglob("*.py"))


def dotted(path):
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# --- what is installed ------------------------------------------------------------------------------------


def project():
    return tomllib.loads(read("pyproject.toml"))["project"]


def requirements():
    extras = project()["optional-dependencies"].values()
    return [Requirement(text) for text in [*project()["dependencies"], *sum(extras, [])]]


def pins():
    found = {}
    for line in read("requirements.lock").splitlines():
        if re.match(r"[a-z0-9]", line):
            requirement = Requirement(line.rstrip("\\ "))
            found[requirement.name] = Version(next(iter(requirement.specifier)).version)
    return found


@pytest.mark.parametrize("requirement", requirements(), ids=str)
def test_the_lock_pins_every_dependency_within_its_range(requirement):
    assert requirement.name in pins(), f"{requirement.name} is not in requirements.lock: run `make lock`"
    assert pins()[requirement.name] in requirement.specifier


def test_the_lock_is_hashed_and_names_no_address():
    lock = read("requirements.lock")
    entries = re.split(r"\n(?=[a-z0-9])", lock)[1:]
    assert len(entries) == len(pins())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock


def test_constraints_are_the_lock_without_hashes():
    lines = [line.rstrip("\\ ") for line in read("requirements.lock").splitlines()]
    assert read("constraints.txt").splitlines() == [line for line in lines if re.match(r"[a-z0-9]", line)]


def test_environment_yml_installs_the_project_with_its_pins():
    dependencies = yaml.safe_load(read("environment.yml"))["dependencies"]
    python = next(d for d in dependencies if isinstance(d, str) and d.startswith("python="))
    supported = SpecifierSet(project()["requires-python"])
    assert Version(python.removeprefix("python=")) in supported
    pip = next(d["pip"] for d in dependencies if isinstance(d, dict))
    assert pip[0] == "-c constraints.txt"
    editable = Requirement(pip[1].replace("-e .", "ftlib"))
    assert editable.extras == set(project()["optional-dependencies"])
    # conda supplies Python and pip only, so that no version is stated twice.
    assert [d for d in dependencies if isinstance(d, str)] == [python, "pip"]


def test_nothing_that_a_program_wrote_lies_in_the_top_folder():
    done = subprocess.run(["git", "ls-files", "--", ":(glob)*"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip("not a clone")
    written = {".html", ".json", ".png", ".csv", ".keras", ".h5", ".log"}
    assert [name for name in done.stdout.split() if Path(name).suffix in written] == []


def test_the_package_reports_the_version_of_pyproject():
    assert importlib.import_module("ftlib").__version__ == project()["version"]


# --- what importing it costs ------------------------------------------------------------------------------


# Keras itself imports some of these where they are installed, so they are taken away between the two imports.
IMPORT_ALONE = """
import sys, keras, numpy
before = {name.split(".")[0] for name in sys.modules}
heavy = "matplotlib PIL sklearn skimage scipy pandas keras_hub tensorflow jax torch".split()
for name in [*heavy, *(name for name in sys.modules if name.split(".")[0] in heavy)]:
    sys.modules[name] = None
import ftlib
print(*sorted({name.split(".")[0] for name in sys.modules} - before - set(heavy)))
"""


@pytest.mark.slow
def test_import_ftlib_loads_nothing_beyond_keras_numpy_and_the_standard_library(monkeypatch):
    if importlib.util.find_spec("jax"):
        monkeypatch.setenv("KERAS_BACKEND", "numpy")  # loads least itself, so that it hides least
    command = [sys.executable, "-c", IMPORT_ALONE]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert set(done.stdout.split()) - sys.stdlib_module_names == {"ftlib"}


# --- what is written about it -----------------------------------------------------------------------------


def public():
    ftlib = importlib.import_module("ftlib")
    return {name: getattr(ftlib, name) for name in ftlib.__all__}


def test_every_public_name_is_documented_with_all_its_arguments():
    missing = []
    for name, value in public().items():
        if not (inspect.isroutine(value) or inspect.isclass(value)):
            continue
        text = inspect.getdoc(value) or ""
        if not text:
            missing.append(name)
            continue
        if inspect.isclass(value) and issubclass(value, Exception):
            continue
        for argument in inspect.signature(value).parameters:
            if not re.search(rf"(^|[\s`*,]){re.escape(argument)}\b", text):
                missing.append(f"{name}({argument})")
    assert missing == []


def test_no_public_name_hides_a_module():
    files = {path.stem for path in (ROOT / "ftlib").glob("*.py")}
    folders = {path.parent.name for path in (ROOT / "ftlib").glob("*/__init__.py")}
    assert sorted((files | folders) & set(public())) == []


@pytest.fixture(scope="session")
def run_of():
    """Returns `fit` for the examples: several make the same run to show something of it, so it is made once."""
    from ftlib.training.fit import fit

    runs = {}

    def fit_once(model, task, *settings, **options):
        call = repr((model.name, model.get_config(), task.name, len(task.train), settings, sorted(options.items())))
        if call not in runs:
            runs[call] = fit(model, task, *settings, **options)
        return runs[call]

    return fit_once


@pytest.mark.slow
@pytest.mark.parametrize("path", [p for p in modules() if ">>>" in p.read_text(encoding="utf-8")], ids=dotted)
def test_the_examples_run_as_written(path, run_of, tmp_path, monkeypatch, capsys):
    import numpy as np

    import ftlib

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ftlib, "fit", run_of, raising=False)  # ftlib looks up what it offers when asked
    module = importlib.import_module(dotted(path))
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(module, extraglobs={"ft": ftlib, "np": np}, optionflags=flags)
    assert result.failed == 0, capsys.readouterr().out


# --- README and its neighbours ----------------------------------------------------------------------------

PAGES = ["README.md", "README.ko.md", "CONTRIBUTING.md"]


def code_blocks(name):
    return re.findall(r"^```(\w*)\n(.*?)^```", read(name), flags=re.M | re.S)


def test_both_readmes_have_the_same_code():
    assert code_blocks("README.md") != []
    assert code_blocks("README.ko.md") == code_blocks("README.md")


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_in_the_text_exists(page):
    code = "\n".join([text for _, text in code_blocks(page)] + re.findall(r"`([^`\n]+)`", read(page)))
    named = set(re.findall(r"\bmake ([a-z][a-z-]*)", code))
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), flags=re.M))
    assert named != set()
    assert named <= targets


@pytest.mark.parametrize("page", PAGES)
def test_every_local_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", read(page)) + re.findall(r'src="([^"]+)"', read(page))
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_what_contributing_says_to_change_is_there():
    page = read("CONTRIBUTING.md")
    named = set(re.findall(r"`((?:ftlib|tests|tools|notebooks|benchmarks)/[\w/.]+)`", page))
    templates = {path for path in named if re.search(r"NN|NAME|ROOM", path)} | {"tests/ROOM/test_module.py"}
    assert len(named) > 20
    assert [path for path in sorted(named - templates) if not (ROOT / path).exists()] == []
    tables = re.findall(r"`(_?[A-Z_]{5,}|_[a-z]+\(\))` (?:of|in) `(ftlib/[\w/.]+\.py)`", page)
    assert len(tables) >= 6
    for table, path in tables:
        assert table.rstrip("()") in read(path), f"{path} has no {table}"


def test_both_documents_list_every_room():
    rooms = {path.parent.name for path in (ROOT / "ftlib").glob("*/__init__.py")}
    files = {path.stem for path in (ROOT / "ftlib").glob("[a-z]*.py")}
    for page in PAGES:
        words = set(re.findall(r"`(\w+)(?:/|\.py)?`", read(page)))
        assert rooms | files <= words, page


@pytest.mark.slow
def test_the_example_of_the_readme_runs(tmp_path, monkeypatch):
    import ftlib.training.loop_rules

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ftlib.training.loop_rules, "_FEWEST_UPDATES", 30)
    monkeypatch.setattr(ftlib.training.loop_rules, "_PASSES", 1)
    examples = [text for language, text in code_blocks("README.md") if language == "python"]
    assert examples != []
    for example in examples:
        exec(compile(example, "README.md", "exec"), {})


def test_no_file_names_the_machine_that_made_it():
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git clone, so there is no list of the project's files")
    # Put together here so that this file does not name them itself.
    places = "|".join(f"/{name}/" for name in ("work", "root", "farm"))
    forbidden = re.compile(rf"{places}|bash_{'jobs'}|pypi[.]org|pythonhosted[.]org")
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            text = path.read_text(encoding="utf-8", errors="ignore")
            found += [f"{name}: {hit.group()}" for hit in forbidden.finditer(text)]
    assert found == []
