"""Pictures and finished runs that the tests of the command share."""

import app_runs
import pytest
from folders import bands

from ftlib.app.cli import main


@pytest.fixture(scope="module")
def short_epochs():
    with app_runs.short_epochs():
        yield


@pytest.fixture
def plain_report(monkeypatch):
    """Lets runs write one line for a report: for tests of what comes before it."""
    monkeypatch.setattr("ftlib.report.write_model_report", app_runs.write_plain_report)


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    return bands(tmp_path_factory.mktemp("data") / "bands", each=10)


@pytest.fixture(scope="session")
def quick_run(pictures, tmp_path_factory):
    """A run of a few updates that nothing stopped."""
    out = tmp_path_factory.mktemp("quick") / "run"
    with app_runs.short_epochs():
        assert app_runs.fit(pictures, out, "--quiet") == 0
    return out


@pytest.fixture(scope="session")
def more_pictures(tmp_path_factory):
    return bands(tmp_path_factory.mktemp("more") / "bands", each=20)


@pytest.fixture(scope="session")
def good_run(more_pictures, tmp_path_factory):
    """A run that knows its classes, on `more_pictures`."""
    out = tmp_path_factory.mktemp("runs") / "bands"
    arguments = ["--backbone", "glyphnet", "--strategy", "feature_extraction_long", "--updates", "100", "--quiet"]
    assert main(["fit", str(more_pictures), "--out", str(out), *arguments]) == 0
    return out


@pytest.fixture
def stopped_run(tmp_path, monkeypatch):
    """Pictures of their own, and a run on them that was stopped: `(pictures, run)`."""
    own_pictures, out = bands(tmp_path / "own", each=10), tmp_path / "run"
    with monkeypatch.context() as patch:
        app_runs.after_checkpoints(1, patch, app_runs.interrupt)
        assert app_runs.fit(own_pictures, out, "--quiet") == 130
    return own_pictures, out
