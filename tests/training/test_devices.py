"""What a run computes on changes its speed and memory, not what it learns."""

import dataclasses
import os
import socket
import subprocess
import sys

import keras
import numpy as np
import pytest
import tiny

import ftlib as ft
import ftlib.training.loop_rules
from ftlib.training.progress import Progress

PLAIN = ft.Regularization()
BACKEND = keras.backend.backend()


def train(hardware=None, strategy="lp_ft", **changes):
    options = {"regularization": PLAIN, "seed": 2, "updates": 12, "batch_size": 12, "verbose": False, **changes}
    return ft.fit(tiny.model(dropout=0.0), tiny.task(), strategy, hardware=hardware, **options)


def distance(run, other):
    """Largest difference between the weights of two runs."""
    pairs = zip(run.model.get_weights(), other.model.get_weights(), strict=True)
    return max(float(np.abs(a - b).max()) for a, b in pairs)


@pytest.fixture(scope="module")
def alone():
    return train()


@pytest.mark.backends
def test_a_batch_in_parts_gives_the_same_weights(alone):
    run = train(ft.Hardware(accumulate=4))
    assert distance(run, alone) < 1e-4 < distance(run, train(updates=11))
    assert [p["updates_done"] for p in run.phases] == [p["updates_done"] for p in alone.phases]
    assert [row["rate"] for row in run.history] == pytest.approx([row["rate"] for row in alone.history])
    assert run.settings["hardware"]["accumulate"] == 4 and "hardware" not in alone.settings


@pytest.mark.backends
@pytest.mark.parametrize("precision", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_learns_the_same_and_leaves_a_plain_model(precision, alone, tmp_path):
    run = train(ft.Hardware(precision=precision), run_dir=tmp_path / "run")
    for model in (run.model, run.start):
        assert {layer.dtype_policy.name for layer in model._flatten_layers()} == {"float32"}
    assert 0 < distance(run, alone) < 0.05 and all(p.holds for p in run.proofs)
    losses = [[row["val_loss"] for row in one.history] for one in (run, alone)]
    assert losses[0] == pytest.approx(losses[1], rel=0.02)
    loaded = ft.load_run(tmp_path / "run", tiny.task())
    x = tiny.task().test.images.astype("float32")
    assert np.array_equal(loaded.model.predict(x, verbose=0), run.model.predict(x, verbose=0))


def test_a_compiled_update_gives_the_same_weights(alone):
    assert distance(train(ft.Hardware(jit=True)), alone) < 1e-4


def test_layers_compute_in_the_precision_asked_for_but_pixels_and_probabilities_do_not():
    model = tiny.model()
    ft.Hardware(precision="mixed_float16").cast(model)
    computed = {
        layer.name: layer.compute_dtype for layer in model._flatten_layers() if not isinstance(layer, keras.Model)
    }
    assert computed["conv1"] == computed["norm2"] == "float16"
    assert computed["scale"] == computed["predictions"] == "float32"
    assert {w.dtype for w in model.weights} == {"float32"}


def test_rates_per_stage_and_a_resume_in_float16_end_as_if_nothing_happened(tmp_path, monkeypatch):
    monkeypatch.setattr(ftlib.training.loop_rules, "SHORTEST_EPOCH", 3)
    options = {
        "hardware": ft.Hardware(precision="mixed_float16", accumulate=2),
        "strategy": falling_rates(),
        "updates": 6,
    }
    whole = train(**options)
    with pytest.raises(KeyboardInterrupt):
        train(**options, run_dir=tmp_path, progress=StopsAfter(epochs=1))
    assert distance(train(**options, run_dir=tmp_path), whole) == 0


class StopsAfter(Progress):
    """Interrupts a run after some epochs, as a person would: the next one is not in the checkpoint."""

    def __init__(self, epochs):
        self.epochs_left = epochs

    def epoch_finished(self, record, is_best):
        self.epochs_left -= 1
        if self.epochs_left < 0:
            raise KeyboardInterrupt


def falling_rates():
    (phase,) = ft.strategy("full").phases
    return ft.Strategy("falling", "pretrained", (dataclasses.replace(phase, decay=0.5),))


def test_another_hardware_is_another_run(tmp_path, eager):
    options = {"strategy": "top", "updates": 2, "run_dir": tmp_path}
    train(**options)
    with pytest.raises(ValueError, match="hardware"):
        train(ft.Hardware(accumulate=2), **options)


@pytest.mark.parametrize(
    "values, words",
    [
        ({"devices": 0}, 'at least 1 or "all".*devices=0'),
        ({"devices": "two"}, "devices='two'"),
        ({"accumulate": 1.5}, "accumulate=1.5"),
        ({"precision": "float8"}, "Unknown precision 'float8'.*mixed_bfloat16"),
        ({"jit": "yes"}, "jit='yes'"),
    ],
)
def test_bad_values_are_refused_at_once(values, words):
    with pytest.raises(ValueError, match=words):
        ft.Hardware(**values)


def test_what_does_not_fit_is_refused_before_training():
    with pytest.raises(ValueError, match="multiple of 5.*batch_size=12"):
        train(ft.Hardware(accumulate=5))
    if BACKEND in ("tensorflow", "jax"):
        with pytest.raises(ValueError, match="There are 1 devices.*devices=64"):
            train(ft.Hardware(devices=64))


# --- several devices: processes of their own, since a process counts its devices once ---------------------

SEVERAL = """
import os, sys
sys.path.insert(0, "tests")
if os.environ["KERAS_BACKEND"] == "tensorflow":
    import tensorflow as tf
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import numpy as np, tiny
import ftlib as ft
def train(hardware, strategy, **changes):
    options = {"regularization": ft.Regularization(weight_decay=1e-2), "seed": 2, "updates": 12, "batch_size": 12}
    options["verbose"] = False
    return ft.fit(tiny.model(dropout=0.0), tiny.task(), strategy, hardware=hardware, **options, **changes)
PARTS = 2 if os.environ["KERAS_BACKEND"] == "jax" else 1
if PARTS == 1:
    try:
        train(ft.Hardware(devices=2, accumulate=2), "top")
        raise SystemExit("accepted")
    except ValueError as error:
        assert "tf.distribute" in str(error)
    half = train(ft.Hardware(devices=2, precision="mixed_float16"), "top")
    assert all(p.holds for p in half.proofs) and np.isfinite(half.history[-1]["loss"])
import dataclasses
falling = ft.strategy("lp_ft")
phases = falling.phases[0], dataclasses.replace(falling.phases[1], decay=0.5)
falling = dataclasses.replace(falling, name="falling", phases=phases)
one = train(None, falling, class_weight="balanced")
two = train(ft.Hardware(devices="all", accumulate=PARTS), falling, class_weight="balanced")
def apart(a, b):
    return max(float(np.abs(x - y).max()) for x, y in zip(a.get_weights(), b.get_weights(), strict=True))
assert apart(one.model, two.model) < 1e-4 < apart(one.model, tiny.model(dropout=0.0))
assert type(two.model.weights[0].value).__name__ == type(one.model.weights[0].value).__name__
assert np.allclose([r["val_loss"] for r in one.history], [r["val_loss"] for r in two.history], atol=1e-4)
assert all(p.holds for p in two.proofs)
print("equal on", ft.Hardware(devices="all").names())
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax"])
def test_two_devices_end_as_one(backend):
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    environment = {**os.environ, "KERAS_BACKEND": backend, "XLA_FLAGS": flags}
    done = subprocess.run([sys.executable, "-c", SEVERAL], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "equal on" in done.stdout and done.stdout.count("0") >= 1 and "1" in done.stdout


HOST = """
import os, sys
sys.path.insert(0, "tests")
import keras
rank, address, out = int(sys.argv[1]), sys.argv[2], sys.argv[3]
import jax
jax.config.update("jax_cpu_collectives_implementation", "gloo")
keras.distribution.initialize(address, 2, rank)
import numpy as np, tiny
import ftlib as ft
options = dict(regularization=ft.Regularization(), seed=2, updates=6, batch_size=12, verbose=False)
run = ft.fit(tiny.model(dropout=0.0), tiny.task(), "full", hardware=ft.Hardware(devices="all"), **options)
np.savez(out, *run.model.get_weights())
if rank == 0:
    alone = ft.fit(tiny.model(dropout=0.0), tiny.task(), "full", **options)
    pairs = zip(run.model.get_weights(), alone.model.get_weights(), strict=True)
    apart = max(float(np.abs(a - b).max()) for a, b in pairs)
    assert apart < 1e-4, apart
print("hosts", jax.process_count(), "devices", len(ft.Hardware(devices="all").names()))
"""


def test_two_hosts_end_as_one(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    flags = " ".join(f for f in os.environ.get("XLA_FLAGS", "").split() if "device_count" not in f)
    environment = {**os.environ, "KERAS_BACKEND": "jax", "XLA_FLAGS": flags}
    files = [tmp_path / f"{rank}.npz" for rank in range(2)]
    hosts = [
        subprocess.Popen(
            [sys.executable, "-c", HOST, str(rank), address, str(files[rank])],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    try:
        said = [host.communicate(timeout=300) for host in hosts]
    finally:
        for host in hosts:
            host.kill()
    assert [host.returncode for host in hosts] == [0, 0], said[0][1][-2000:] + said[1][1][-2000:]
    assert "hosts 2 devices 2" in said[0][0]
    first, second = (list(np.load(path).values()) for path in files)
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
