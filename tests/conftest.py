"""What every test can count on: a quiet, small TensorFlow, and a Keras home of its own."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# All of this must stand before Keras is imported. KERAS_BACKEND is left as it came.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("MPLCONFIGDIR", str(ROOT / ".cache" / "matplotlib"))
# One thread per process: `-n 2` then fills two cores, and sums come out in the same order every time.
for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")
# On a machine with a GPU the workers share its memory.
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
# JAX: these programs run for moments and are compiled again and again, so compiling quickly matters, not their speed.
_COMPILE_QUICKLY = (
    "--xla_backend_optimization_level=0",
    "--xla_llvm_disable_expensive_passes=true",
    "--xla_cpu_use_fusion_emitters=false",
    "--xla_cpu_parallel_codegen_split_count=1",
)
os.environ.setdefault("XLA_FLAGS", " ".join(_COMPILE_QUICKLY))
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(ROOT / ".cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
# Keras reads KERAS_HOME once, at import. An empty folder per process keeps the user's keras.json out of the
# tests; the `keras_home` fixture fills it.
_KERAS_HOME = Path(tempfile.mkdtemp(prefix="ftlib-keras-home-"))
os.environ["KERAS_HOME"] = str(_KERAS_HOME)


def pytest_addoption(parser):
    what = "leave out slow tests, and skip others as soon as a network trains or predicts or another Python starts"
    parser.addoption("--fast", action="store_true", help=what)


def pytest_configure(config):
    if config.getoption("fast") and not config.option.markexpr:
        config.option.markexpr = "not slow and not photo"


def pytest_sessionstart(session):
    """TensorFlow, like JAX above: it builds these graphs quickly, and does not make them quick."""
    runs_tests = hasattr(session.config, "workerinput") or not session.config.getoption("numprocesses", None)
    if runs_tests and session.config.getoption("fast"):
        _skip_what_takes_long()
    if runs_tests and os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
        import tensorflow as tf

        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def _skip_what_takes_long():
    """What a test turns out to do decides, so that there is no list of fast tests to keep up."""
    import keras

    def compute(*_, **__):
        pytest.skip("trains or predicts")

    def watch(event, details):
        if event == "subprocess.Popen" and details[0] == sys.executable:
            pytest.skip("starts another Python")

    on_batches = ("train_on_batch", "test_on_batch", "predict_on_batch")
    functions = ("make_train_function", "make_test_function", "make_predict_function")
    for name in ("fit", "evaluate", "predict", *on_batches, *functions):
        setattr(keras.Model, name, compute)
    sys.addaudithook(watch)


def pytest_unconfigure():
    shutil.rmtree(_KERAS_HOME, ignore_errors=True)


def pytest_collection_modifyitems(items):
    """Begins with what takes longest, so that no worker is left alone with it at the end.

    Files stay together, so that a worker makes what the tests of a file share only once.
    """
    slow_files = {item.path for item in items if item.get_closest_marker("slow") is not None}
    items.sort(key=lambda item: item.path not in slow_files)


@pytest.fixture(scope="session")
def root():
    """The top folder of the clone."""
    return ROOT


@pytest.fixture
def eager():
    """Lets TensorFlow run functions without compiling them: most of the time of a run with a few updates."""
    import keras

    if keras.backend.backend() != "tensorflow":
        yield
        return
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def runtimes_in_this_process(monkeypatch):
    """Converts and runs exported models here, by the script that `export` otherwise starts a process with."""
    from ftlib.exports import export, runtimes

    monkeypatch.setattr(export, "_run_script", lambda what, arguments, backend: runtimes.main(arguments))


@pytest.fixture
def everything_pays(monkeypatch):
    """Makes the estimate say that whatever can be computed once should be."""
    import ftlib.training.activation_cache

    monkeypatch.setattr(ftlib.training.activation_cache, "OPERATIONS_PER_SECOND", {"cpu": 1.0, "gpu": 1.0})


@pytest.fixture(scope="session")
def real():
    """The folder of real photos and weights; its tests are skipped where it is missing."""
    place = os.environ.get("FTLIB_REAL")
    if not place:
        pytest.skip("real photos and weights are not here: FTLIB_REAL is not set")
    if not Path(place).is_dir():
        pytest.skip(f"real photos and weights are not here: FTLIB_REAL={place} is not a folder")
    return Path(place)


@pytest.fixture(scope="session")
def keras_home(real):
    """Keras's own cache, filled from the real folder, so that named weights and data load without a network.

    Returns the folder. Subprocesses inherit it through KERAS_HOME.
    """
    source = real / "keras_home"
    if not source.is_dir():
        pytest.skip(f"named weights are not here: {source} is missing")
    for path in sorted(source.rglob("*")):
        # Keras has written a keras.json of its own by now.
        if path.is_file() and path.name != "keras.json":
            target = _KERAS_HOME / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(_follow(path), target)  # contents only: the source may be read-only
    return _KERAS_HOME


def _follow(path):
    # A checkout without symbolic links keeps each link as a small text file that names its target.
    if path.stat().st_size < 500:
        named = path.parent / path.read_bytes().decode("utf-8", "replace").strip()
        if named.is_file():
            return named
    return path
