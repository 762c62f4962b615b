"""What a run will need, memory and time, estimated before it; and what the machine has."""

import dataclasses
import math
import os
import pathlib
import subprocess
import time

_GIB = 2**30
_RUNTIME = 1.1 * _GIB  # of Python with TensorFlow and what a report needs; a GPU holds about half of it
_SHORTEST_EPOCH = 20  # updates, as in ftlib.training.phase


@dataclasses.dataclass(frozen=True)
class Needs:
    """What a run is estimated to need.

    Attributes:
        memory: Bytes on the device that trains.
        parts: The same by purpose, `{what: bytes}`.
        disk: Bytes of decoded images and of kept features that lie in files while the run trains.
        costs: One tuple per phase: its name, its updates, the cost of an update, and the cost of what is computed once;
            in passes of one image forward through the whole network.
        seconds_per_image: Measured time of such a pass, or None.
    """

    memory: int
    parts: dict
    disk: int
    costs: tuple
    seconds_per_image: float | None = None

    @property
    def seconds(self):
        """Estimated time of the training, or None."""
        return None if self.seconds_per_image is None else self.cost(None) * self.seconds_per_image

    def cost(self, update):
        """Returns the cost of everything up to and with an update; None for all."""
        total, left = 0.0, update
        for _, updates, each, once in self.costs:
            done = updates if left is None else min(left, updates)
            if done <= 0:
                break
            total += once + done * each
            left = None if left is None else left - done
        return total


def estimate(model, task, strategy, batch_size, updates, seconds_per_image=None):
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
    from ftlib.models.inference import device_kind
    from ftlib.models.staged_model import StagedModel
    from ftlib.tasks.folder.decode import DEFAULT_CACHE_BYTES
    from ftlib.training.activation_cache import MEMORY

    staged = StagedModel(model)
    found = staged.stages
    names = staged.stage_names
    flops, numbers, peak = _by_stage(staged)
    whole = sum(flops.values()) or 1
    train, validation, classes = len(task.train), len(task.validation), task.num_classes
    strategy = strategy.unrolled(names, staged.head_width)
    steps, costs, activations, moving, features = max(_SHORTEST_EPOCH, -(-train // batch_size)), [], 0, 0, 0
    for phase, count in zip(strategy.phases, strategy.plan(updates), strict=True):
        chosen = phase.stages(names)
        first = names.index(chosen[0])
        trained, below = names[first:], sum(flops[name] for name in names[:first]) / whole
        above = sum(flops[name] for name in trained) / whole
        once = bool(phase.views) and first > 0 and found[first - 1].can_split
        views = validation + train * (phase.views or 1)
        tests = -(-count // steps) * validation * (above if once else 1)
        each = batch_size * (3 * above + (0 if once else below)) + tests / count
        costs.append((phase.name, count, each, views * below if once else 0))
        activations = max(activations, 4 * batch_size * sum(numbers[name] for name in trained))
        moving = max(moving, sum(stage.params for stage in found if stage.name in chosen))
        if once and found[first - 1].output_shape:
            features = max(features, 4 * views * _kept(found, first))
    params = sum(stage.params for stage in found)
    height, width, channels = task.image_shape
    tested = max(32, min(256, 2**20 // (height * width)))
    images = (train + validation + len(task.test)) * height * width * channels
    disk = sum(size for size, most in ((features, MEMORY), (images, DEFAULT_CACHE_BYTES)) if size > most)
    parts = {
        "program": _RUNTIME / (2 if device_kind() == "gpu" else 1),
        "weights": 4 * (2 * params + 6 * moving),
        "activations": max(activations, 8 * tested * peak),
        "features": features if features <= MEMORY else 0,
        "classes": 20 * classes**2,
        "images": images if images <= DEFAULT_CACHE_BYTES else 0,
    }
    if device_kind() == "gpu":  # decoded images stay with the processor
        del parts["images"]
    return Needs(int(sum(parts.values())), parts, disk, tuple(costs), seconds_per_image)


def _kept(found, first):
    """Returns how many numbers are kept of an image: pooled ones, where only the head follows."""
    shape = found[first - 1].output_shape
    return shape[-1] if found[first].name == "head" else math.prod(d or 1 for d in shape)


def _by_stage(staged):
    """Returns the floating point operations and the activations of each stage, and the largest step, for one image."""
    stage_of = {id(layer): stage.name for stage in staged.stages for layer in stage.layers}
    flops, numbers = ({name: 0 for name in staged.stage_names} for _ in range(2))
    graph, name, peak = staged.layer_graph, staged.stage_names[0], 0
    for call in graph.calls:
        name = stage_of.get(id(call.op), name)
        made = [math.prod(d or 1 for d in graph.sizes[slot][1:]) for slot in call.outputs]
        places = math.prod(d or 1 for d in graph.sizes[call.outputs[0]][1:-1])
        entries = sum(math.prod(w.shape) for w in getattr(call.op, "weights", ()) if len(w.shape) > 1)
        flops[name] += 2 * entries * places
        numbers[name] += sum(made)
        peak = max(peak, sum(made) + sum(math.prod(d or 1 for d in graph.sizes[slot][1:]) for slot in call.inputs))
    return flops, numbers, peak


def time_images(model, task):
    """Returns the seconds that an image takes forward through a network, measured on a batch of the task."""
    import numpy as np

    from ftlib.models.inference import predict

    images = np.asarray(task.train.images[np.arange(min(32, len(task.train)))])
    predict(model, images, len(images))  # compiles
    began = time.perf_counter()
    predict(model, images, len(images))
    return (time.perf_counter() - began) / len(images)


def free_memory():
    """Returns the bytes that a run can have on the device that trains, or None where that cannot be told.

    Of a GPU it is what is free before the first computation, with which TensorFlow and JAX take most of it for
    themselves.
    """
    from ftlib.models.inference import device_kind

    return _free_on_gpu() if device_kind() == "gpu" else _free_here()


def _free_here():
    found = []
    for line in _read("/proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            found.append(1024 * int(line.split()[1]))
    # A container may have less than its machine; version 2 of control groups, then version 1.
    two = ("memory.max", "memory.current", "memory.stat", "")
    one = ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_")
    for limit, used, stat, prefix in (two, one):
        values = [_read(f"/sys/fs/cgroup/{name}").strip() for name in (limit, used)]
        if all(value.isdigit() for value in values) and int(values[0]) < 2**60:
            stats = dict(line.split() for line in _read(f"/sys/fs/cgroup/{stat}").splitlines())
            # Files that the system keeps in memory count as used, and make room where it is needed.
            files = sum(int(stats.get(f"{prefix}{kind}_file", 0)) for kind in ("inactive", "active"))
            found.append(max(0, int(values[0]) - int(values[1]) + files))
    return min(found, default=None)


def _free_on_gpu():
    command = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    visible = os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",")[0]
    command += ["-i", visible] if visible else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        return 2**20 * int(done.stdout.splitlines()[0])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def _read(path):
    try:
        return pathlib.Path(path).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""


def ran_out(error):
    """Returns whether an error says that the memory of the device is used up, with any backend."""
    told = f"{type(error).__name__} {error}"
    signs = ("ResourceExhausted", "RESOURCE_EXHAUSTED", "OutOfMemory", "out of memory", "OOM when")
    return isinstance(error, MemoryError) or any(sign in told for sign in signs)
