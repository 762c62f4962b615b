"""The folder of a run: pictures that are missing, changed or elsewhere, and folders that cannot be used."""

import os
import pathlib
import tempfile

import pytest
from app_runs import after_checkpoints, assert_same_run, fit
from folders import bands, photos

import ftlib.tasks.folder.decode
from ftlib.app.cli import main
from ftlib.app.run_files import locked
from ftlib.app.run_folder import RunFolder, make_run_folder

pytestmark = pytest.mark.usefixtures("short_epochs")


def test_a_run_that_is_being_trained_is_left_alone(pictures, tmp_path, monkeypatch, capsys):
    out = tmp_path / "run"

    def second(folder):
        assert RunFolder(folder).status == "running"
        assert main(["fit", "--resume", str(folder)]) == 2

    after_checkpoints(1, monkeypatch, second)
    assert fit(pictures, out, "--quiet") == 0
    assert "Another process is training" in capsys.readouterr().err
    with locked(out):
        pass


def test_a_picture_that_is_missing_is_named_and_the_run_goes_on_when_it_is_back(stopped_run, quick_run, capsys):
    place, out = stopped_run
    gone = place / "top" / "003.png"
    data = gone.read_bytes()
    gone.unlink()
    assert main(["fit", "--resume", str(out)]) == 2
    error = capsys.readouterr().err
    assert "1 of the 30 pictures" in error and "003.png" in error and "Put them back" in error
    gone.write_bytes((place / "top" / "004.png").read_bytes())
    assert main(["fit", "--resume", str(out)]) == 2
    assert "have changed since" in capsys.readouterr().err
    gone.write_bytes(data)
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0
    assert_same_run(out, quick_run)


def test_pictures_that_have_moved_are_followed(stopped_run, quick_run, tmp_path, capsys):
    place, out = stopped_run
    moved = place.rename(tmp_path / "moved")
    assert main(["fit", "--resume", str(out)]) == 2
    assert main(["fit", "--resume", str(out), str(photos(tmp_path / "other"))]) == 2
    assert main(["fit", "--resume", str(out), str(moved), "--quiet"]) == 0
    assert_same_run(out, quick_run)


def test_a_picture_that_vanishes_while_it_is_read_is_a_failure_that_can_be_mended(tmp_path, monkeypatch, capsys):
    place, out = bands(tmp_path / "own", each=10), tmp_path / "run"
    gone = place / "top" / "003.png"
    data, decode = gone.read_bytes(), ftlib.tasks.folder.decode.FolderImages._decode

    def vanishing(self, i):
        gone.unlink(missing_ok=True)
        return decode(self, i)

    with monkeypatch.context() as patch:
        patch.setattr(ftlib.tasks.folder.decode.FolderImages, "_decode", vanishing)
        assert fit(place, out, "--quiet") == 1
    assert "now cannot" in capsys.readouterr().err
    gone.write_bytes(data)
    begun = (out / "config.json").exists()
    assert (main(["fit", "--resume", str(out)]) if begun else fit(place, out)) == 0


@pytest.fixture
def locked_place():
    """A folder that may not be written to, while the test runs as an ordinary user."""
    if os.name == "nt":
        pytest.skip("Windows has other permissions")
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place, "locked")
        folder.mkdir(mode=0o555)
        os.chmod(place, 0o755)
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)  # nobody
        try:
            yield folder
        finally:
            if root:
                os.seteuid(0)


def test_a_folder_that_may_not_be_written_is_refused_before_the_work(pictures, monkeypatch, capsys, locked_place):
    monkeypatch.setattr("ftlib.tasks.folder.inspection.inspect_data", lambda *args, **options: pytest.fail("it began"))
    for out in (locked_place, locked_place / "run"):
        assert fit(pictures, out) == 2
        assert "ermission" in capsys.readouterr().err
    assert not list(locked_place.iterdir())


def test_a_new_folder_tells_which_folders_were_created_for_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first, second = make_run_folder(None, "pets"), make_run_folder(None, "pets")
    runs = pathlib.Path("runs")
    assert first == (runs / "pets", (runs / "pets", runs)) and second == (runs / "pets-2", (runs / "pets-2",))
    deep_path = tmp_path / "a" / "b"
    assert make_run_folder(deep_path, "pets") == (deep_path, (deep_path, deep_path.parent))
    assert make_run_folder(deep_path, "pets").created == ()
