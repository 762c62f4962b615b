"""What a run will need, memory and time, estimated before it; and what the machine has."""

from __future__ import annotations

import dataclasses
import math
import os
import pathlib
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import keras

    from ftlib.models.layer_graph import LayerGraph
    from ftlib.models.staged_model import StagedModel
    from ftlib.models.stages import Stage
    from ftlib.strategies.strategy import Phase, Strategy
    from ftlib.tasks.task import Task

_GIB = 2**30
_RUNTIME = 1.1 * _GIB  # of Python with TensorFlow and what a report needs; a GPU holds about half of it
_BYTES_PER_NUMBER = 4  # float32
# Words by which libraries say that the memory of a device is used up. TensorFlow, JAX and torch raise classes of their
# own, which cannot be imported where the library is missing, or plain RuntimeErrors.
_OUT_OF_MEMORY_WORDS = ("ResourceExhausted", "RESOURCE_EXHAUSTED", "OutOfMemory", "out of memory", "OOM when")


class PhaseCost(NamedTuple):
    """What a phase costs, in passes of one image forward through the whole network.

    Attributes:
        name: Name of the phase.
        updates: Its updates.
        per_update: Cost of an update, with its part of the validation.
        once: Cost of what is computed once for the phase.
    """

    name: str
    updates: int
    per_update: float
    once: float


@dataclasses.dataclass(frozen=True)
class Needs:
    """What a run is estimated to need.

    Attributes:
        memory: Bytes on the device that trains.
        memory_by_purpose: The same by purpose, `{purpose: bytes}`.
        disk: Bytes of decoded images and of kept features that lie in files while the run trains.
        costs: One `PhaseCost` per phase.
        seconds_per_image: Measured time of one image forward through the network, or None.
    """

    memory: int
    memory_by_purpose: dict[str, float]
    disk: int
    costs: tuple[PhaseCost, ...]
    seconds_per_image: float | None = None

    @property
    def seconds(self) -> float | None:
        """Estimated time of the training, or None."""
        return None if self.seconds_per_image is None else self.cost(None) * self.seconds_per_image

    def cost(self, update: int | None) -> float:
        """Returns the cost of everything up to and including an update; None for all."""
        total_cost = 0.0
        updates_left = update
        for phase in self.costs:
            updates_done = phase.updates if updates_left is None else min(updates_left, phase.updates)
            if updates_done <= 0:
                break
            total_cost += phase.once + updates_done * phase.per_update
            if updates_left is not None:
                updates_left -= updates_done
        return total_cost


class _StageProfile(NamedTuple):
    """What each stage of a network computes for one image.

    Attributes:
        operations: Floating point operations by stage.
        activations: Numbers that are computed by stage.
        largest_step: Numbers that go into and come out of the largest layer.
    """

    operations: dict[str, int]
    activations: dict[str, int]
    largest_step: int


class _PhaseNeeds(NamedTuple):
    """What a phase needs, in bytes but for `moving_weights`, a number of weights.

    Attributes:
        cost: Its `PhaseCost`.
        activations: Activations of an update, which wait for the backward pass.
        moving_weights: Weights that train, each with a gradient, two moments and kept copies.
        features: Results of frozen stages that are computed once.
    """

    cost: PhaseCost
    activations: int
    moving_weights: int
    features: int


def estimate(
    model: keras.Model,
    task: Task,
    strategy: Strategy,
    batch_size: int,
    updates: int,
    seconds_per_image: float | None = None,
) -> Needs:
    """Estimates what a run of `fit` needs.

    Weights with their gradients, moments and kept copies; the activations of an update, which wait for the backward
    pass; decoded images and kept features, as far as they lie in memory; and the tables that grow with the classes.

    Args:
        model: The classifier.
        task: The `Task` at its size.
        strategy: The `Strategy`.
        batch_size, updates: As for `fit`; `updates` is a number.
        seconds_per_image: As from `time_images`, if it was measured.

    Returns:
        `Needs`.
    """
    from ftlib.models.inference import default_batch_size, device_kind
    from ftlib.models.staged_model import StagedModel
    from ftlib.tasks.folder.decode import DEFAULT_CACHE_BYTES
    from ftlib.training.activation_cache import MEMORY_LIMIT

    staged = StagedModel(model)
    profile = _profile_stages(staged)
    unrolled_strategy = strategy.unrolled(staged.stage_names, staged.head_width)
    phases = [
        _phase_needs(phase, phase_updates, staged, profile, task, batch_size)
        for phase, phase_updates in zip(unrolled_strategy.phases, unrolled_strategy.plan(updates), strict=True)
    ]
    moving_weights = max(phase.moving_weights for phase in phases)
    features = max(phase.features for phase in phases)
    all_weights = sum(stage.params for stage in staged.stages)
    image_count = len(task.train) + len(task.validation) + len(task.test)
    images = image_count * math.prod(task.image_shape)
    inference_activations = 8 * default_batch_size(task.image_shape) * profile.largest_step
    on_gpu = device_kind() == "gpu"

    memory_by_purpose = {
        "program": _RUNTIME / (2 if on_gpu else 1),
        "weights": _BYTES_PER_NUMBER * (2 * all_weights + 6 * moving_weights),
        "activations": max(*(phase.activations for phase in phases), inference_activations),
        "features": features if features <= MEMORY_LIMIT else 0,
        "classes": 20 * task.num_classes**2,
    }
    if not on_gpu:  # decoded images stay with the processor
        memory_by_purpose["images"] = images if images <= DEFAULT_CACHE_BYTES else 0
    disk = (features if features > MEMORY_LIMIT else 0) + (images if images > DEFAULT_CACHE_BYTES else 0)
    costs = tuple(phase.cost for phase in phases)
    return Needs(int(sum(memory_by_purpose.values())), memory_by_purpose, disk, costs, seconds_per_image)


def _phase_needs(
    phase: Phase, updates: int, staged: StagedModel, profile: _StageProfile, task: Task, batch_size: int
) -> _PhaseNeeds:
    from ftlib.training.loop_rules import updates_per_epoch

    stage_names = staged.stage_names
    chosen_names = phase.trained_stages(stage_names)
    first_index = stage_names.index(chosen_names[0])
    trained_names = stage_names[first_index:]
    total_operations = sum(profile.operations.values()) or 1
    share_below = sum(profile.operations[name] for name in stage_names[:first_index]) / total_operations
    share_above = sum(profile.operations[name] for name in trained_names) / total_operations

    # What frozen first stages compute from a fixed number of views is kept.
    is_cached = bool(phase.views) and first_index > 0 and staged.stages[first_index - 1].can_split
    image_views = len(task.validation) + len(task.train) * (phase.views or 1)
    kept_shape = staged.stages[first_index - 1].output_shape if is_cached else None
    features = 0
    if kept_shape:
        numbers_kept = _numbers_kept(kept_shape, staged.stages[first_index])
        features = _BYTES_PER_NUMBER * image_views * numbers_kept

    epochs = math.ceil(updates / updates_per_epoch(len(task.train), batch_size, updates))
    validation_cost = epochs * len(task.validation) * (share_above if is_cached else 1)
    forward_below = 0 if is_cached else share_below
    # Backward takes about twice as long as forward.
    per_update = batch_size * (3 * share_above + forward_below) + validation_cost / updates
    cost = PhaseCost(phase.name, updates, per_update, image_views * share_below if is_cached else 0)
    return _PhaseNeeds(
        cost=cost,
        activations=_BYTES_PER_NUMBER * batch_size * sum(profile.activations[name] for name in trained_names),
        moving_weights=sum(stage.params for stage in staged.stages if stage.name in chosen_names),
        features=features,
    )


def _numbers_kept(output_shape: Sequence[int | None], next_stage: Stage) -> int:
    """Returns how many numbers are kept of an image: pooled ones, where only the head follows."""
    return _count(output_shape[-1:] if next_stage.name == "head" else output_shape)


def _profile_stages(staged: StagedModel) -> _StageProfile:
    from ftlib.training.activation_cache import count_call_operations

    stage_of_layer = {id(layer): stage.name for stage in staged.stages for layer in stage.layers}
    operations = dict.fromkeys(staged.stage_names, 0)
    activations = dict.fromkeys(staged.stage_names, 0)
    largest_step = 0
    stage_name = staged.stage_names[0]  # what belongs to no layer counts for the stage before it
    graph = staged.layer_graph
    for call in graph.calls:
        stage_name = stage_of_layer.get(id(call.op), stage_name)
        inputs = _numbers_in(graph, call.inputs)
        outputs = _numbers_in(graph, call.outputs)
        operations[stage_name] += count_call_operations(graph, call)
        activations[stage_name] += outputs
        largest_step = max(largest_step, inputs + outputs)
    return _StageProfile(operations, activations, largest_step)


def _numbers_in(graph: LayerGraph, slots) -> int:
    return sum(_count(graph.sizes[slot][1:]) for slot in slots)


def _count(shape: Sequence[int | None]) -> int:
    """Returns how many numbers an array of a shape holds; sizes that are not fixed count as 1."""
    return math.prod(size or 1 for size in shape)


def time_images(model: keras.Model, task: Task) -> float:
    """Returns the seconds that one image takes forward through a network, measured on a batch of the task."""
    import numpy as np

    from ftlib.models.inference import predict

    image_count = min(32, len(task.train))
    images = task.train.take(np.arange(image_count)).images
    predict(model, images, image_count)  # compiles
    started_at = time.perf_counter()
    predict(model, images, image_count)
    return (time.perf_counter() - started_at) / image_count


def _read_text(path: str) -> str:
    try:
        return pathlib.Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def free_memory(read_text: Callable[[str], str] = _read_text) -> int | None:
    """Returns the bytes that a run can have on the device that trains, or None where that is not known.

    For a GPU it is what is free before the first computation, with which TensorFlow and JAX take most of it for
    themselves.

    Args:
        read_text: Returns the text of a file of the system, empty where there is none.
    """
    from ftlib.models.inference import device_kind

    return _free_on_gpu() if device_kind() == "gpu" else _free_on_cpu(read_text)


class _MemoryGroup(NamedTuple):
    """Files below /sys/fs/cgroup in which Linux says what a container may have and has."""

    limit: str
    used: str
    statistics: str
    prefix: str


_MEMORY_GROUPS = (  # version 2 of control groups, then version 1
    _MemoryGroup("memory.max", "memory.current", "memory.stat", ""),
    _MemoryGroup("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_"),
)


def _free_on_cpu(read_text: Callable[[str], str]) -> int | None:
    free_sizes = []
    for line in read_text("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            free_sizes.append(1024 * int(line.split()[1]))
    for group in _MEMORY_GROUPS:  # a container may have less than its machine
        free_in_group = _free_in_group(group, read_text)
        if free_in_group is not None:
            free_sizes.append(free_in_group)
    return min(free_sizes, default=None)


def _free_in_group(group: _MemoryGroup, read_text: Callable[[str], str]) -> int | None:
    limit, used = (read_text(f"/sys/fs/cgroup/{name}").strip() for name in (group.limit, group.used))
    if not limit.isdigit() or not used.isdigit() or int(limit) >= 2**60:  # so large a limit is none
        return None
    statistics = dict(line.split() for line in read_text(f"/sys/fs/cgroup/{group.statistics}").splitlines())
    # Files that the system keeps in memory count as used, and make room where it is needed.
    file_bytes = sum(int(statistics.get(f"{group.prefix}{kind}_file", 0)) for kind in ("inactive", "active"))
    return max(0, int(limit) - int(used) + file_bytes)


def _free_on_gpu() -> int | None:
    command = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    first_visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0]
    if first_visible:
        command += ["-i", first_visible]
    try:
        completed = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        return 2**20 * int(completed.stdout.splitlines()[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether an error says that the memory of the device is used up, with any backend."""
    description = f"{type(error).__name__} {error}"
    return isinstance(error, MemoryError) or any(words in description for words in _OUT_OF_MEMORY_WORDS)
