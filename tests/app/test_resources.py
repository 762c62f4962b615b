"""What a run is estimated to need, and what the machine has."""

import dataclasses

import pytest
import tiny

from ftlib.app.resources import Needs, PhaseCost, estimate, free_memory, is_out_of_memory
from ftlib.strategies.strategy import get_strategy


def test_needs_grow_with_the_batch_and_with_what_trains():
    model, task = tiny.model(), tiny.task()

    def needs(name, batch):
        return estimate(model, task, get_strategy(name), batch, 60)

    assert (
        needs("full", 2048).memory_by_purpose["activations"]
        > 1.9 * needs("full", 1024).memory_by_purpose["activations"]
    )
    assert needs("full", 4096).memory > needs("feature_extraction_long", 4096).memory
    assert needs("full", 32).cost(None) > 3 * needs("feature_extraction_long", 32).cost(None)


def test_the_cost_of_a_run_adds_up():
    needs = Needs(0, {}, 0, (PhaseCost("head", 10, 1.0, 50.0), PhaseCost("all", 20, 3.0, 0.0)), seconds_per_image=0.5)
    assert [needs.cost(update) for update in (0, 1, 10, 11, 30)] == [0, 51, 60, 63, 120]
    assert needs.cost(None) == 120 and needs.seconds == 60
    assert dataclasses.replace(needs, seconds_per_image=None).seconds is None


def test_free_memory_is_a_number_or_unknown():
    free = free_memory()
    assert free is None or 2**20 < free < 2**50


@pytest.mark.parametrize(
    "prefix, place, names",
    [
        ("", "", ("memory.max", "memory.current", "memory.stat")),
        ("total_", "memory/", ("memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat")),
    ],
)
def test_a_container_has_what_its_limit_leaves_and_files_kept_in_memory_are_room(monkeypatch, prefix, place, names):
    stat = f"{prefix}inactive_file 300\n{prefix}active_file 50\nanon 7\n"
    files = dict(zip((f"/sys/fs/cgroup/{place}{name}" for name in names), ("1000\n", "900\n", stat), strict=True))
    monkeypatch.setattr("ftlib.models.inference.device_kind", lambda: "cpu")
    assert free_memory(lambda path: files.get(path, "")) == 450
    assert free_memory(lambda path: "") is None


@pytest.mark.parametrize(
    "error, is_memory",
    [
        (MemoryError(), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 2 GiB"), True),
        (type("ResourceExhaustedError", (Exception,), {})("OOM when allocating tensor"), True),
        (RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate"), True),
        (ValueError("too few"), False),
        (OSError(28, "No space left on device"), False),
    ],
)
def test_running_out_of_memory_is_told_from_other_errors(error, is_memory):
    assert is_out_of_memory(error) is is_memory
