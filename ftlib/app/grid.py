"""Many runs on several cores at once."""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import Any


def _import_compare() -> None:
    """Imports what a run needs."""
    import ftlib.training.compare  # noqa: F401


@contextlib.contextmanager
def workers(jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Starts processes, which import what a run needs while the caller goes on.

    Small networks keep one core busy, not two, so a process per core with one thread each is the faster way.

    Args:
        jobs: Number of processes.
    """
    environment = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}  # a GPU is shared
    if jobs > 1:
        environment |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    foreign_processes = set(multiprocessing.active_children())
    with _environment(environment):
        pool = ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))
        for _ in range(jobs):
            pool.submit(_import_compare)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - foreign_processes:
            process.terminate()  # nobody waits for what they import or train
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def run_cells(cells: Sequence[Any], function: Callable[[Any], Any], executor: Executor) -> Iterator[tuple[int, Any]]:
    """Calls a function for each cell on an executor.

    Args:
        cells: What the function takes, each.
        function: One that another process can import.
        executor: The processes, as from `workers`.

    Yields:
        `(index of the cell, what the function returned)`, in the order in which they are done.
    """
    cell_indices = {executor.submit(function, cell): index for index, cell in enumerate(cells)}
    for future in concurrent.futures.as_completed(cell_indices):
        yield cell_indices[future], future.result()


@contextlib.contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    previous_values = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in previous_values.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value
