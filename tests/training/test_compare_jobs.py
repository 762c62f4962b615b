"""Comparisons on executors: what one process finds, with runs that die done again."""

import concurrent.futures
import dataclasses
import multiprocessing
import os
import pathlib

import pytest
import tiny

import ftlib.training.compare_jobs
from ftlib.training.compare import ComparisonDivergedError, compare

OPTIONS = {"labels_per_class": 3, "updates": 3, "rate_factors": (1.0, 3.0), "tuning_seeds": 1, "verbose": False}


def drawn_task(labels_per_class, seed):
    task = tiny.task(train=3 * labels_per_class)
    return dataclasses.replace(task, train=tiny.split(3 * labels_per_class, seed=100 + seed))


def task_that_kills_once(labels_per_class, seed):
    """As `drawn_task`; the first process that is asked for seed 1 dies."""
    mark = pathlib.Path(os.environ["FTLIB_TEST_MARK"])
    if seed == 1 and not mark.exists() and multiprocessing.parent_process() is not None:
        mark.touch()
        os._exit(1)
    return drawn_task(labels_per_class, seed)


class HereExecutor(concurrent.futures.Executor):
    """Does each job when it is asked for, here, and fails at some of them."""

    def __init__(self, failures=0):
        self.failures = failures
        self.jobs = []

    def submit(self, function, *args):
        self.jobs.append(args[0])
        future = concurrent.futures.Future()
        if self.failures:
            self.failures -= 1
            future.set_exception(OSError("the machine is gone"))
        else:
            try:
                future.set_result(function(*args))
            except Exception as error:
                future.set_exception(error)
        return future


@pytest.mark.parametrize("failures", [0, 2])
def test_an_executor_finds_what_one_process_finds(eager, failures):
    backbone = tiny.backbone()
    alone = compare(backbone, drawn_task, ["feature_extraction", "scratch"], seeds=2, **OPTIONS)
    executor = HereExecutor(failures)
    found = compare(backbone, drawn_task, ["feature_extraction", "scratch"], seeds=2, executor=executor, **OPTIONS)
    assert found.rows == alone.rows and found.tuning == alone.tuning and found.histories() == alone.histories()
    looks = [job for job in executor.jobs[failures:] if job.scores_test]
    assert len(looks) == 4  # two strategies, two seeds; the tuning does not look at the test
    assert all(isinstance(job.backbone, bytes) for job in executor.jobs)


def test_a_true_mistake_is_told_after_three_attempts(monkeypatch):
    monkeypatch.setattr(ftlib.training.compare_jobs, "fit", _raise_mistake)
    executor = HereExecutor()
    with pytest.raises(ValueError, match="a true mistake"):
        compare(tiny.backbone(), drawn_task, "scratch", seeds=1, executor=executor, **{**OPTIONS, "rate_factors": 1.0})
    assert len(executor.jobs) == ftlib.training.compare_jobs.MOST_ATTEMPTS


def _raise_mistake(*args, **options):
    raise ValueError("a true mistake")


def test_what_diverges_is_told_with_what_was_done(monkeypatch):
    monkeypatch.setattr(ftlib.training.compare_jobs, "fit", _diverge)
    executor = HereExecutor()
    with pytest.raises(ComparisonDivergedError, match="the loss is inf") as raised:
        compare(tiny.backbone(), drawn_task, "scratch", seeds=1, executor=executor, **{**OPTIONS, "rate_factors": 1.0})
    assert raised.value.done.rows == [] and len(executor.jobs) == 1


def _diverge(*args, **options):
    raise FloatingPointError("the loss is inf")


def test_what_is_no_executor_is_refused():
    with pytest.raises(TypeError, match="one of `concurrent.futures`. Received: int"):
        compare(tiny.backbone(), drawn_task, "scratch", seeds=1, executor=4, **OPTIONS)
    with pytest.raises(ValueError, match="`keep_runs` keeps models"):
        compare(tiny.backbone(), drawn_task, "scratch", seeds=1, executor=HereExecutor(), keep_runs=True, **OPTIONS)


@pytest.mark.slow
def test_processes_find_the_same_even_where_one_dies(tmp_path, monkeypatch):
    options = {**OPTIONS, "rate_factors": 1.0}
    backbone = tiny.backbone()
    monkeypatch.setenv("FTLIB_TEST_MARK", str(tmp_path / "died"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["tests", str(pathlib.Path(__file__).parent), *_paths()]))
    alone = compare(backbone, task_that_kills_once, "feature_extraction", seeds=2, **options)
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as executor:
        found = compare(backbone, task_that_kills_once, "feature_extraction", seeds=2, executor=executor, **options)
    assert (tmp_path / "died").exists()
    assert found.rows == alone.rows and found.histories() == alone.histories()


@pytest.mark.slow
def test_dask_finds_the_same(tmp_path):
    distributed = pytest.importorskip("distributed", reason="a cluster of Dask needs dask.distributed")
    options = {**OPTIONS, "rate_factors": 1.0}
    backbone = tiny.backbone()
    alone = compare(backbone, drawn_task, "feature_extraction", seeds=2, **options)
    cluster = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "local_directory": str(tmp_path)}
    with distributed.Client(**cluster) as client:
        found = compare(backbone, drawn_task, "feature_extraction", seeds=2, executor=client.get_executor(), **options)
    assert found.rows == alone.rows and found.histories() == alone.histories()


def _paths():
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
