"""What greets contributors says what the repository says: workflows, hooks, forms, versions, the build machine."""

import os
import re
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[0-9]*.yml"))


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def project():
    return tomllib.loads(text("pyproject.toml"))["project"]


def targets():
    return set(re.findall(r"^([a-z-]+):", text("Makefile"), flags=re.M))


# --- workflows --------------------------------------------------------------------------------------------


def workflow(path):
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    found["on"] = found.pop(True)  # YAML 1.1 takes the word `on` for a truth value
    return found


def filled(value, entry):
    """Puts the values of one entry of a matrix into a string."""
    return re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda name: entry[name.group(1)], value)


def runs():
    """Every job as often as its matrix asks: `(name, commands, {action: inputs})`."""
    found = []
    for path in WORKFLOWS:
        for name, job in workflow(path)["jobs"].items():
            for entry in job.get("strategy", {}).get("matrix", {}).get("include", [{}]):
                commands = [filled(step["run"], entry) for step in job["steps"] if "run" in step]
                actions = {
                    step["uses"]: {key: filled(value, entry) for key, value in step.get("with", {}).items()}
                    for step in job["steps"]
                    if "uses" in step
                }
                found.append((f"{name} on {filled(job['runs-on'], entry)}", commands, actions))
    return found


def pythons():
    """The Python versions that pyproject.toml supports."""
    supported = SpecifierSet(project()["requires-python"])
    return {f"3.{minor}" for minor in range(40) if f"3.{minor}.0" in supported}


def version_of_python(actions):
    return next(inputs["python-version"] for action, inputs in actions.items() if "setup-python" in action)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda p: p.stem)
def test_a_workflow_may_only_read_and_always_ends(path):
    found = workflow(path)
    assert "pull_request" in found["on"] and "pull_request_target" not in found["on"]
    assert found["permissions"] == {"contents": "read"}
    assert found["concurrency"]["group"]
    for job in found["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 60
        assert "permissions" not in job


def test_actions_are_named_with_their_major_version():
    used = {action for _, _, actions in runs() for action in actions}
    assert used and [action for action in used if not re.fullmatch(r"actions/[\w-]+@v\d+", action)] == []


def test_every_target_of_make_that_a_workflow_runs_exists():
    named = {target for _, commands, _ in runs() for c in commands for target in re.findall(r"^make ([\w-]+)", c)}
    assert {"test-unit", "test-colab", "test-notebooks"} <= named <= targets()


def test_the_tests_run_on_every_supported_python():
    tested = [version_of_python(actions) for _, commands, actions in runs() if "make test-unit" in " ".join(commands)]
    assert sorted(tested) == sorted(pythons())
    assert {version_of_python(actions) for _, _, actions in runs()} <= pythons()


def test_versions_of_packages_stand_in_no_workflow():
    """Those of Colab are the Makefile's, all others those of the lock."""
    assert re.search(r"^COLAB = .*keras==", text("Makefile"), flags=re.M)
    commands = " ".join(command for _, commands, _ in runs() for command in commands)
    assert re.findall(r"[\w-]+ *(?:==|~=|>=|<=)", commands) == []


def test_every_file_that_a_workflow_names_exists():
    words = {word for _, commands, actions in runs() for c in commands for word in c.split()}
    words |= {inputs[key] for _, _, actions in runs() for inputs in actions.values() for key in inputs if "path" in key}
    named = {word for word in words if re.fullmatch(r"[\w/.-]+\.(py|txt|lock|toml)", word)}
    assert {"requirements.lock", "constraints.txt"} <= named
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_without_make_the_commands_are_those_of_the_readme():
    said = re.sub(r"^(python3|py -3\.\d+) ", "python ", text("README.md"), flags=re.M)
    others = [(name, commands) for name, commands, _ in runs() if "ubuntu" not in name]
    assert {name.split()[-1] for name, _ in others} == {"macos-latest", "windows-latest"}
    for _, commands in others:
        assert "\n".join(commands[:3]) in said
        assert commands[-1].split(" -m ")[1].startswith("pytest")


# --- hooks and updates ------------------------------------------------------------------------------------


def hooks():
    repositories = yaml.safe_load(text(".pre-commit-config.yaml"))["repos"]
    return {hook["id"]: hook for repository in repositories for hook in repository["hooks"]}


def test_the_hook_has_the_ruff_of_the_lock():
    [locked] = re.findall(r"^ruff==[\d.]+", text("requirements.lock"), flags=re.M)
    assert [hooks()[name]["additional_dependencies"] for name in ("ruff", "ruff-format")] == [[locked]] * 2


def test_the_hooks_run_what_is_there():
    scripts = [word for hook in hooks().values() for word in hook["entry"].split() if word.endswith(".py")]
    assert scripts and [name for name in scripts if not (ROOT / name).is_file()] == []


def test_no_file_of_the_repository_is_one_that_the_hooks_refuse():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git clone, so there is no list of the project's files")
    hook = hooks()["weights"]
    names = [name for name in listed.stdout.split("\0") if re.search(hook["files"], name)]
    assert names and [name for name in names if not re.search(hook["exclude"], name)] == []


def test_updates_are_looked_for_where_there_is_something_to_update():
    updates = yaml.safe_load(text(".github/dependabot.yml"))["updates"]
    found = {update["package-ecosystem"]: ROOT / update["directory"].lstrip("/") for update in updates}
    assert set(found) == {"github-actions", "pip", "npm"}
    assert (found["pip"] / "pyproject.toml").is_file() and (found["npm"] / "package-lock.json").is_file()


# --- forms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FORMS, ids=lambda p: p.stem)
def test_a_form_has_what_the_service_asks_for_and_welcomes_korean(path):
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(form) == {"name", "description", "labels", "body"}
    assert all(isinstance(form[key], str) and form[key].strip() for key in ("name", "description"))
    questions = [part for part in form["body"] if part["type"] != "markdown"]
    assert {part["type"] for part in questions} <= {"input", "textarea", "dropdown", "checkboxes"}
    assert len({part["id"] for part in questions}) == len(questions) <= 5, "short enough to be filled in"
    for part in questions:
        assert re.search("[가-힣]", part["attributes"]["label"]), "in both languages"
    assert any(part.get("validations", {}).get("required") for part in questions)
    assert "한국어" in path.read_text(encoding="utf-8")


def test_what_the_form_for_bugs_asks_to_run_runs(capsys):
    [code] = re.findall(r'`python -c "(.+)"`', text(".github/ISSUE_TEMPLATE/1-bug.yml"))
    exec(code, {})
    assert project()["version"] in capsys.readouterr().out


@pytest.mark.parametrize("name", [".github/pull_request_template.md", "SECURITY.md", "CHANGELOG.md"])
def test_targets_and_files_that_these_pages_name_exist(name):
    page = text(name)
    assert set(re.findall(r"`make ([a-z-]+)", page)) <= targets()
    files = re.findall(r"`([\w./-]+\.(?:md|cff|py|lock|toml))`", page)
    assert files and [file for file in files if not (ROOT / file).exists()] == []


# --- versions ---------------------------------------------------------------------------------------------


def test_the_citation_is_that_of_pyproject():
    citation = yaml.safe_load(text("CITATION.cff"))
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert citation["cff-version"] == "1.2.0"
    assert str(citation["version"]) == project()["version"]
    assert (citation["authors"], citation["license"]) == (project()["authors"], project()["license"])
    assert citation["keywords"] == project()["keywords"]


def test_the_changelog_tells_of_this_version_and_of_what_comes():
    headings = re.findall(r"^## (\S+)", text("CHANGELOG.md"), flags=re.M)
    assert headings[0] == "Unreleased" and headings[1] == project()["version"]


# --- the build machine ------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="a script for Linux")
@pytest.mark.parametrize(
    "user, installed, calls, said",
    [
        ("0", True, ["apt-get update", "apt-get install", "make test"], ""),
        ("0", False, ["apt-get update", "make test"], "its test is skipped: no network"),
        ("1000", False, ["make test"], ""),
    ],
    ids=["it installs Chromium", "it goes on where that fails", "it installs nothing without being root"],
)
def test_the_build_machine_always_comes_to_the_tests(tmp_path, user, installed, calls, said):
    for name, body in {
        "apt-get": f'echo "apt-get $1" >> calls\n{"" if installed else "echo no network >&2; exit 100"}',
        "make": 'echo "make $1" >> calls',
        "id": f"echo {user}",
        "grep": "exit 0",  # the system is Debian
        "timeout": 'shift\nexec "$@"',
    }.items():
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/bash\n{body}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
    (tmp_path / "bin" / "dirname").symlink_to("/usr/bin/dirname")
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "run").write_text(text(".ci/run"))
    environment = {"PATH": str(tmp_path / "bin")}
    done = subprocess.run(
        ["/bin/bash", tmp_path / ".ci" / "run"], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert [" ".join(line.split()[:2]) for line in (tmp_path / "calls").read_text().splitlines()] == calls
    assert said in done.stdout and len(done.stdout.splitlines()) <= 1
