"""`ftlib fit` from pictures to a report, and everything that may happen on the way."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import keras
import numpy as np
import pytest
from folders import bands, photos

import ftlib.app.project
import ftlib.training.checkpoints
import ftlib.training.phase
from ftlib.app.cli import main
from ftlib.app.run_files import locked
from ftlib.app.run_folder import RunFolder
from ftlib.evidence.run import load_run
from ftlib.training.devices import Hardware

FILES = ["class_names.json", "config.json", "data.csv", "findings.json", "metrics.json", "model.keras", "report.html",
         "run.json"]  # fmt: skip
QUICK = ["--backbone", "glyphnet", "--strategy", "feature_extraction_long", "--updates", "8", "--batch-size", "6",
         "--regularization", "none"]  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def short_epochs():
    """Epochs of two updates, which TensorFlow runs without compiling."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ftlib.training.phase, "_SHORTEST_EPOCH", 2)
        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.run_functions_eagerly(True)
        yield
        if keras.backend.backend() == "tensorflow":
            tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return bands(tmp_path_factory.mktemp("data") / "bands", each=10)


@pytest.fixture(scope="module")
def whole(pictures, tmp_path_factory):
    """A run that nothing stopped."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert main(["fit", str(pictures), "--out", str(out), "--quiet", *QUICK]) == 0
    return out


def fit(pictures, out, *more):
    return main(["fit", str(pictures), "--out", str(out), *QUICK, *more])


def same(out, whole):
    """Asserts that two runs ended in the same way, bit for bit."""
    one, other = load_run(out), load_run(whole)
    for a, b in zip(one.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert (one.history, one.scores) == (other.history, other.scores)
    figures = [json.loads((place / "metrics.json").read_text()) for place in (out, whole)]
    assert figures[0] == figures[1]
    assert sorted(p.name for p in out.iterdir() if p.name[0] != ".") == FILES


def stop_after(epochs, monkeypatch, how):
    """Does something after so many checkpoints are written."""
    write, count = ftlib.training.checkpoints.CheckpointStore.write, []

    def stopping(self, *given):
        write(self, *given)
        count.append(1)
        if len(count) == epochs:
            how(self.folder)

    monkeypatch.setattr(ftlib.training.checkpoints.CheckpointStore, "write", stopping)


def test_a_folder_becomes_a_run_with_everything_in_it(pictures, tmp_path, capsys):
    out = tmp_path / "run"
    assert fit(pictures, out) == 0
    said = capsys.readouterr().out
    assert sorted(p.name for p in out.iterdir() if p.name[0] != ".") == FILES
    for words in ("30 usable pictures", "left", "test pictures", "95 % interval", "of memory", "report.html"):
        assert words in said, words
    assert json.loads((out / "class_names.json").read_text()) == ["bottom", "middle", "top"]
    model = keras.models.load_model(out / "model.keras")
    assert {layer.__module__.split(".")[0] for layer in model._flatten_layers()} == {"keras"}
    metrics = json.loads((out / "metrics.json").read_text())
    accuracy = metrics["accuracy"]
    assert 0 <= accuracy["low"] < accuracy["value"] <= accuracy["high"] <= 1 and metrics["images"] == 6
    assert [row["name"] for row in metrics["classes"]] == ["bottom", "middle", "top"]
    assert load_run(out).scores["test"]["accuracy"] == accuracy["value"]
    config = json.loads((out / "config.json").read_text())
    assert config["data"]["pictures"] == {"train": 18, "validation": 6, "test": 6}
    rows = RunFolder(out).rows()
    assert len({row.path for row in rows}) == 30 and all(len(row.sha256) == 64 for row in rows)


def test_the_configuration_repeats_the_run(whole, tmp_path):
    out = tmp_path / "again"
    assert main(["fit", "--config", str(whole / "config.json"), "--out", str(out), "--quiet"]) == 0
    same(out, whole)
    longer = tmp_path / "longer"
    arguments = ["--config", str(whole / "config.json"), "--out", str(longer), "--updates", "10", "--quiet"]
    assert main(["fit", *arguments]) == 0
    assert load_run(longer).settings["updates"] == 10


def test_the_default_folder_is_named_after_the_pictures_and_is_never_used_twice(pictures, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert main(["fit", str(pictures), "--quiet", *QUICK]) == 0
    assert sorted(p.name for p in (tmp_path / "runs").iterdir()) == ["bands", "bands-2"]


def interrupt(*args, **options):
    raise KeyboardInterrupt


def terminate(folder):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(5)


@pytest.mark.parametrize("how, code", [(interrupt, 130), (terminate, 143)])
@pytest.mark.parametrize("epochs", [1, 3])
def test_a_stopped_run_ends_as_if_nothing_had_happened(
    pictures, whole, tmp_path, monkeypatch, capsys, how, code, epochs
):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        stop_after(epochs, patch, how)
        assert fit(pictures, out) == code
    assert f"go on with: ftlib fit --resume {out}" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert RunFolder(out).status == "stopped" and not (out / "metrics.json").exists()
    assert main(["fit", "--resume", str(out)]) == 0
    assert "goes on after update" in capsys.readouterr().out
    same(out, whole)


@pytest.mark.parametrize("where", ["ftlib.app.project.inspect_data", "ftlib.app.project.make_plan"])
def test_stopped_before_training_it_leaves_nothing_behind(pictures, tmp_path, monkeypatch, capsys, where):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(where, interrupt)
    assert main(["fit", str(pictures), *QUICK]) == 130
    assert "The training had not begun" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_is_full_before_training_is_named_and_leaves_nothing(pictures, tmp_path, monkeypatch, capsys):
    def full(*args):
        raise OSError(28, "No space left on device")

    (tmp_path / "known").mkdir()
    monkeypatch.setattr("ftlib.app.project.make_plan", full)
    for out in (tmp_path / "new", tmp_path / "known"):
        assert fit(pictures, out) == 1
        assert f"No space left on device: '{out}'" in capsys.readouterr().err
    assert not (tmp_path / "new").exists() and list((tmp_path / "known").iterdir()) == []


def test_ctrl_c_that_a_library_loses_still_stops(pictures, tmp_path, monkeypatch, capsys):
    write = ftlib.training.checkpoints.CheckpointStore.write

    def losing(self, *given):
        write(self, *given)
        with contextlib.suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(5)

    monkeypatch.setattr(ftlib.training.checkpoints.CheckpointStore, "write", losing)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores it
    try:
        assert fit(pictures, tmp_path / "run") == 130
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().out.count("val loss") <= 1


@pytest.mark.parametrize("step", ["measure", "write"])
def test_stopped_after_training_it_only_writes_what_is_missing(pictures, whole, tmp_path, monkeypatch, step):
    out = tmp_path / "run"
    place = {"measure": "ftlib.app.metrics.measure_similarity", "write": "ftlib.report.write_folder_report"}[step]
    with monkeypatch.context() as patch:
        patch.setattr(place, interrupt)
        assert fit(pictures, out, "--quiet") == 130
    monkeypatch.setattr("ftlib.app.project.train", lambda *args: pytest.fail("it trained again"))
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0
    same(out, whole)
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0  # and a finished one is told about again


SCRIPT = """
import sys
sys.path[:0] = sys.argv[1:3]
import test_app_fit, ftlib.training.phase, tensorflow
ftlib.training.phase._SHORTEST_EPOCH = 2
tensorflow.config.run_functions_eagerly(True)
sys.exit(test_app_fit.main(sys.argv[3:]))
"""


@pytest.mark.slow
@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the script is TensorFlow's")
def test_a_killed_process_goes_on(pictures, whole, tmp_path, root):
    out = tmp_path / "run"
    base = [sys.executable, "-u", "-c", SCRIPT, str(root / "tests"), str(root), "fit"]
    process = subprocess.Popen(
        [*base, str(pictures), "--out", str(out), *QUICK], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    for line in process.stdout:
        if "val loss" in line:
            time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert RunFolder(out).status == "stopped"
    done = subprocess.run([*base, "--resume", str(out)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    same(out, whole)


def test_a_run_that_is_being_trained_is_left_alone(pictures, tmp_path, monkeypatch, capsys):
    out = tmp_path / "run"

    def second(folder):
        assert RunFolder(folder).status == "running"
        assert main(["fit", "--resume", str(folder)]) == 2

    stop_after(1, monkeypatch, second)
    assert fit(pictures, out, "--quiet") == 0
    assert "Another process is training" in capsys.readouterr().err
    with locked(out):
        pass


def test_a_full_disk_costs_nothing(pictures, whole, tmp_path, monkeypatch, capsys):
    out, savez, count = tmp_path / "run", np.savez, []

    def full(file, **arrays):
        count.append(1)
        if len(count) == 3:
            raise OSError(28, "No space left on device")
        savez(file, **arrays)

    with monkeypatch.context() as patch:
        patch.setattr(np, "savez", full)
        assert fit(pictures, out) == 1
    error = capsys.readouterr().err
    assert "No space left on device" in error and f"go on with: ftlib fit --resume {out}" in error
    assert main(["fit", "--resume", str(out), "--quiet"]) == 0
    same(out, whole)


def test_a_damaged_checkpoint_is_put_aside(pictures, whole, tmp_path, monkeypatch, capsys):
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        stop_after(3, patch, interrupt)
        assert fit(pictures, out) == 130
    path = out / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:-2000])
    assert main(["fit", "--resume", str(out)]) == 0
    assert "is damaged" in capsys.readouterr().out
    same(out, whole)


def test_a_fault_of_ftlib_itself_is_shown_in_full_with_the_way_on(pictures, tmp_path, monkeypatch, capsys):
    def fault(folder):
        raise KeyError("a fault")

    stop_after(1, monkeypatch, fault)
    assert fit(pictures, tmp_path / "run") == 1
    error = capsys.readouterr().err
    assert "Traceback" in error and f"go on with: ftlib fit --resume {tmp_path / 'run'}" in error


class ResourceExhaustedError(Exception):
    pass


def test_a_device_that_runs_out_gets_a_smaller_batch_and_the_run_says_so(pictures, tmp_path, monkeypatch, capsys):
    out, sizes, engine = tmp_path / "run", [], type(Hardware().engine())
    step = engine.step

    def limited(self, trainer, x, *y):
        sizes.append(len(x))
        if len(x) > 3:
            raise ResourceExhaustedError("OOM when allocating tensor")
        return step(self, trainer, x, *y)

    monkeypatch.setattr(engine, "step", limited)
    assert fit(pictures, out) == 0
    assert sizes[0] == 6 and set(sizes[1:]) == {3} and len(sizes) == 17
    said = capsys.readouterr().out
    assert "3 images at once in place of 6 (6 ran out of memory)" in said
    run = load_run(out)
    assert any("3 images at once" in note for note in run.notes) and run.settings["batch_size"] == 6
    assert run.settings["hardware"]["accumulate"] == 2
    assert json.loads((out / "config.json").read_text())["training"]["parts"] == 2


def test_precision_is_asked_for_and_told(pictures, tmp_path):
    assert fit(pictures, tmp_path / "run", "--precision", "mixed_bfloat16", "--quiet") == 0
    run = load_run(tmp_path / "run")
    assert run.settings["hardware"]["precision"] == "mixed_bfloat16"
    assert {layer.dtype_policy.name for layer in run.model._flatten_layers()} == {"float32"}
    assert main(["fit", str(pictures), "--out", str(tmp_path / "two"), "--devices", "64"]) == 2


def test_a_device_that_holds_no_batch_at_all_says_what_to_do(pictures, tmp_path, monkeypatch, capsys):
    def never(self, trainer, x, *y):
        raise ResourceExhaustedError("OOM when allocating tensor")

    monkeypatch.setattr(type(Hardware().engine()), "step", never)
    assert fit(pictures, tmp_path / "run", "--quiet") == 1
    assert "Choose a smaller --image-size" in capsys.readouterr().err


def test_too_little_free_memory_makes_the_batch_smaller_before_the_run(pictures, tmp_path, monkeypatch, capsys):
    import ftlib.app.resources as resources

    monkeypatch.setattr(resources, "_RUNTIME", 0)
    arguments = ["--backbone", "glyphnet", "--strategy", "full", "--updates", "2", "--batch-size", "512"]
    monkeypatch.setattr("ftlib.app.plan.free_memory", lambda: 2**28)
    assert main(["fit", str(pictures), "--out", str(tmp_path / "run"), *arguments]) == 0
    assert "images at once in place of 512 (256 MiB of memory are free)" in capsys.readouterr().out


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """Pictures of their own, and a run on them that was stopped."""
    place, out = bands(tmp_path / "own", each=10), tmp_path / "run"
    with monkeypatch.context() as patch:
        stop_after(1, patch, interrupt)
        assert fit(place, out, "--quiet") == 130
    return place, out


def test_a_picture_that_is_missing_is_named_and_the_run_goes_on_when_it_is_back(stopped, whole, capsys):
    place, out = stopped
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
    same(out, whole)


def test_pictures_that_have_moved_are_followed(stopped, whole, tmp_path, capsys):
    place, out = stopped
    moved = place.rename(tmp_path / "moved")
    assert main(["fit", "--resume", str(out)]) == 2
    assert main(["fit", "--resume", str(out), str(photos(tmp_path / "other"))]) == 2
    assert main(["fit", "--resume", str(out), str(moved), "--quiet"]) == 0
    same(out, whole)


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


@pytest.mark.parametrize(
    "arguments, said",
    [
        ([], "Pictures are needed"),
        (["nowhere"], "no folder"),
        (["{pictures}", "--backbone", "glyphnett"], "Did you mean 'glyphnet'?"),
        (["{pictures}", "--strategy", "lpftt"], "Did you mean 'lp_ft'?"),
        (["{pictures}", "--regularization", "lite"], "Did you mean 'light'?"),
        (["{pictures}", "--updates", "0"], "--updates is a whole number of at least 1"),
        (["{pictures}", "--rate", "-1"], "--rate is a learning rate above 0"),
        (["{pictures}", "--backbone", "glyphnet", "--strategy", "lp_ft", "--updates", "1"], "too few"),
        (["{pictures}", "--out", "{pictures}"], "a new or an empty folder"),
        (["--resume", "nowhere"], "There is no run 'nowhere'"),
        (["--resume", "{pictures}"], "config.json is missing"),
        (["--resume", "{whole}", "--updates", "5"], "--updates cannot change it"),
        (["--resume", "{whole}", "--config", "x"], "one of the two"),
        (["--config", "{pictures}/config.json"], "No such file"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(pictures, whole, tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", *(a.format(pictures=pictures, whole=whole) for a in arguments)]) == 2
    error = capsys.readouterr().err
    assert said in error and error.startswith("ftlib: ") and error.count("\n") == 1
    assert not (tmp_path / "runs").exists() or list((tmp_path / "runs").iterdir()) == []


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
    monkeypatch.setattr("ftlib.app.project.inspect_data", lambda *args, **options: pytest.fail("it began"))
    for out in (locked_place, locked_place / "run"):
        assert fit(pictures, out) == 2
        assert "ermission" in capsys.readouterr().err
    assert not list(locked_place.iterdir())


def test_json_is_one_document_and_quiet_is_short(pictures, tmp_path, capfd):
    assert fit(pictures, tmp_path / "a", "--json") == 0
    said = capfd.readouterr()
    result = json.loads(said.out)
    assert result["run"] == str(tmp_path / "a") and result["metrics"]["images"] == 6 and "val loss" in said.err
    assert fit(pictures, tmp_path / "b", "--quiet") == 0
    said = capfd.readouterr()
    assert len(said.out.splitlines()) == 3 and said.out.startswith("test accuracy") and "val loss" not in said.err


@pytest.mark.slow
def test_small_grey_pictures_with_nothing_asked_for(pictures, tmp_path, monkeypatch):
    """No network, no cached weights: glyphnet, and what `advise` says."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(ftlib.training.phase, "_SHORTEST_EPOCH", 100)
    assert main(["fit", str(pictures), "--out", str(tmp_path / "run"), "--updates", "30"]) == 0
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["model"]["backbone"] == "glyphnet" and config["training"]["mirror"] is False
    assert any("Linear probes" in line for line in config["why"])


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.photo
def test_flowers_with_no_option_but_the_folder(real, keras_home, tmp_path, root):
    """In a process of its own, as it is typed, but for fewer updates: what all of them reach takes minutes."""
    command = [sys.executable, "-m", "ftlib.app.cli", "fit", str(real / "flowers"), "--out", str(tmp_path / "run")]
    command += ["--updates", "60"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert config["model"]["backbone"] == "MobileNetV2"
    assert json.loads((tmp_path / "run" / "metrics.json").read_text())["accuracy"]["value"] >= 0.78
