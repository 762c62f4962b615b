"""Comparisons cell by cell, on several cores at once."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import sys
import tempfile


def _run_cell(cell):
    from ftlib.training.compare import compare

    return compare(**cell)


def _get_ready():
    """Imports what a cell needs."""
    import ftlib.training.compare  # noqa: F401


@contextlib.contextmanager
def workers(jobs):
    """Starts processes for `run_cells`, which import what a cell needs while the caller goes on.

    Small networks keep one core busy, not two, so a process per core with one thread each is the faster way.

    Args:
        jobs: Number of processes.
    """
    threads = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"}
    shared_gpu = {"TF_FORCE_GPU_ALLOW_GROWTH": "true", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}
    context, others = multiprocessing.get_context("spawn"), set(multiprocessing.active_children())
    with _environment({**shared_gpu, **(threads if jobs > 1 else {})}):
        pool = concurrent.futures.ProcessPoolExecutor(jobs, mp_context=context)
        for _ in range(jobs):
            pool.submit(_get_ready)
    try:
        yield pool
    except BaseException:
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()  # nobody waits for what they import or train
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def run_cells(cells, jobs, function=_run_cell, pool=None):
    """Runs `compare`, or another function, for each cell in worker processes.

    Args:
        cells: List of dicts of arguments for `compare`.
        jobs: Number of processes.
        function: Takes a cell; one that another process can import. Default: `compare` with the cell as arguments.
        pool: The processes, as from `workers`. Default None: `jobs` new ones.

    Yields:
        `(index of the cell, what the function returned)`, in the order in which they are done.
    """
    with contextlib.nullcontext(pool) if pool is not None else workers(jobs) as processes:
        futures = {processes.submit(function, cell): index for index, cell in enumerate(cells)}
        for future in concurrent.futures.as_completed(futures):
            yield futures[future], future.result()


@contextlib.contextmanager
def _environment(values):
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextlib.contextmanager
def quiet_stderr():
    """Holds back what C++ libraries write to standard error, and shows it only if something fails.

    TensorFlow greets every process with warnings that look like errors on a machine without a GPU.
    """
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        saved = os.dup(2)
        os.dup2(held.fileno(), 2)
        failed = False
        try:
            yield
        except (ValueError, TypeError, OSError, ImportError):  # these explain themselves
            raise
        except Exception:
            failed = True
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
            if failed:
                held.seek(0)
                os.write(2, held.read()[-4000:])
