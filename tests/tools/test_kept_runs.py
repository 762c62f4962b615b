"""Measurements of grids that are stopped, or whose processes die: what is missing is done, and nothing else."""

import concurrent.futures
import dataclasses
import functools
import hashlib
import sys

import numpy as np
import pytest
import tiny

import ftlib.training.compare
import ftlib.training.compare_jobs
from ftlib.training.compare_jobs import TrainingResult

LIBRARY_CALLS = [
    (ftlib.training.compare, "load_backbone"),
    (ftlib.training.compare_jobs, "load_backbone"),
    (ftlib.training.compare_jobs, "load_task"),
]
# Of the frozen network two choices are tried with one seed each, of scratch four; then come two seeds of both.
RUN_COUNT = 2 + 2 + 4 + 2
SEEDS = range(3)  # of the study below


@pytest.fixture
def results(root, monkeypatch, tmp_path):
    """tools/results.py, with a tiny backbone and a tiny task, and records in a folder of the test."""
    monkeypatch.setattr(sys, "path", [str(root / "tools"), *sys.path])
    import results as module

    monkeypatch.setattr(module, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(module, "UNFINISHED", tmp_path / "unfinished")
    monkeypatch.setattr(module, "code_checksum_of", lambda task: "this")
    stand_ins = {"load_backbone": load_tiny_backbone, "load_task": load_tiny_task}
    for owner, name in LIBRARY_CALLS:
        monkeypatch.setattr(owner, name, stand_ins[name])
    ftlib.training.compare_jobs._unpack_backbone.cache_clear()
    yield module
    ftlib.training.compare_jobs._unpack_backbone.cache_clear()


def load_tiny_backbone(name):
    return tiny.backbone()


def load_tiny_task(name, labels_per_class, seed):
    count = tiny.CLASSES * labels_per_class
    drawn = tiny.split(count, seed=100 + seed, prefix=f"draw{seed}")
    return dataclasses.replace(tiny.task(), train=drawn, name=name)


def made_up_result(job):
    """Stands for `run_job`: scores that differ from job to job, with all digits that a float has."""
    drawn = np.random.default_rng(int(digest_of(job), 16)).random(4).tolist()
    validation, test = (dict(zip(("accuracy", "macro_f1"), pair, strict=True)) for pair in (drawn[:2], drawn[2:]))
    return TrainingResult(job.updates, ("accuracy", drawn[0]), validation, test if job.scores_test else {})


def digest_of(job):
    return hashlib.sha256(repr(job._replace(scores_test=True)).encode()).hexdigest()


class HereExecutor(concurrent.futures.Executor):
    """Does each run when it is asked for, here.

    Args:
        stops_at: Before this run somebody stops the measurement. Default None: nobody does.
        dies_at: At this run the process dies, and the executor is of no use from then on. Default None: none dies.
        fails_at: This run raises, as often as it is tried. Default None: none does.
        do: What stands for the run. None: the function that is sent.
    """

    def __init__(self, stops_at=None, dies_at=None, fails_at=None, do=made_up_result):
        self.stops_at, self.dies_at, self.fails_at, self.do = stops_at, dies_at, fails_at, do
        self.jobs = []
        self.is_broken = False

    def submit(self, function, job):
        if self.is_broken:
            raise concurrent.futures.BrokenExecutor("the process is gone")
        if len(self.jobs) == self.stops_at:
            raise KeyboardInterrupt
        future = concurrent.futures.Future()
        if len(self.jobs) == self.dies_at:
            self.is_broken = True
            future.set_exception(concurrent.futures.BrokenExecutor("the process died"))
            return future
        if len(self.jobs) == self.fails_at:
            future.set_exception(ValueError("a true mistake"))
            return future
        self.jobs.append(job)
        future.set_result((self.do or function)(job))
        return future


class Starter:
    """Starts the given executors, one after the other."""

    def __init__(self, *executors):
        self.executors, self.started_count = executors, 0

    def __call__(self):
        self.started_count += 1
        return self.executors[self.started_count - 1]


def cells(results, strategies=("feature_extraction", "scratch")):
    return [
        {
            "backbone": "glyphnet", "task": "digits", "strategies": [name], "labels_per_class": (3,), "updates": 3,
            "seeds": [0, 1], "rate_factors": (1.0, 3.0), "tuning_seeds": 1, "regularization": results.PRESETS,
            "verbose": False,
        }
        for name in strategies
    ]  # fmt: skip


def measure(results, *executors, fresh=False, **options):
    """Measures the grid, and returns how many executors were started."""
    starter = Starter(*executors)
    results.measure_grid("tiny", cells(results, **options), starter, fresh)
    return starter.started_count


def record_bytes(results):
    return (results.RESULTS / "tiny.json").read_bytes()


@pytest.mark.parametrize("stops_at", [1, 6])
def test_a_stopped_grid_goes_on_with_the_missing_runs_and_the_record_is_the_same(results, stops_at):
    check_stopping(results, stops_at, made_up_result)


@pytest.mark.slow
def test_a_grid_of_networks_that_is_stopped_gives_the_same_record(results, eager):
    check_stopping(results, 6, do=None)


def check_stopping(results, stops_at, do):
    undisturbed = HereExecutor(do=do)
    measure(results, undisturbed)
    wanted_record = record_bytes(results)
    (results.RESULTS / "tiny.json").unlink()

    stopped = HereExecutor(stops_at=stops_at, do=do)
    with pytest.raises(KeyboardInterrupt):
        measure(results, stopped)
    assert not (results.RESULTS / "tiny.json").exists()  # no half record
    resumed = HereExecutor(do=do)
    measure(results, resumed)

    assert len(undisturbed.jobs) == RUN_COUNT and len(stopped.jobs) == stops_at
    assert stopped.jobs + resumed.jobs == undisturbed.jobs
    assert record_bytes(results) == wanted_record
    assert list(results.UNFINISHED.iterdir()) == []


def test_an_exception_in_a_run_leaves_what_was_done(results):
    measure(results, HereExecutor())
    wanted_record = record_bytes(results)
    with pytest.raises(ValueError, match="a true mistake"):
        measure(results, HereExecutor(fails_at=3), fresh=True)
    assert record_bytes(results) == wanted_record  # until there is a whole new one
    resumed = HereExecutor()
    measure(results, resumed, fresh=True)
    assert len(resumed.jobs) == RUN_COUNT - 3 and record_bytes(results) == wanted_record


def test_where_a_process_dies_new_ones_do_its_run_again(results):
    measure(results, HereExecutor())
    wanted_record = record_bytes(results)
    broken, replacement = HereExecutor(dies_at=3), HereExecutor()
    assert measure(results, broken, replacement, fresh=True) == 2
    assert len(broken.jobs) == 3 and len(replacement.jobs) == RUN_COUNT - 3
    assert record_bytes(results) == wanted_record


def test_a_look_without_fresh_does_not_lose_what_a_stopped_fresh_has_done(results):
    measure(results, HereExecutor())
    with pytest.raises(KeyboardInterrupt):
        measure(results, HereExecutor(stops_at=4), fresh=True)
    assert measure(results) == 0
    resumed = HereExecutor()
    measure(results, resumed, fresh=True)
    assert len(resumed.jobs) == RUN_COUNT - 4


def test_runs_of_other_code_do_not_count(results, monkeypatch):
    with pytest.raises(KeyboardInterrupt):
        measure(results, HereExecutor(stops_at=3))
    monkeypatch.setattr(results, "code_checksum_of", lambda task: "other")
    executor = HereExecutor()
    measure(results, executor)
    assert len(executor.jobs) == RUN_COUNT


def test_what_is_recorded_starts_no_process_and_a_new_cell_is_measured_alone(results):
    measure(results, HereExecutor(), strategies=("feature_extraction",))
    assert measure(results, strategies=("feature_extraction",)) == 0
    executor = HereExecutor()
    measure(results, executor)
    assert {job.strategy.name for job in executor.jobs} == {"scratch"}
    both = record_bytes(results)
    measure(results, HereExecutor(), fresh=True)
    assert record_bytes(results) == both


def test_after_a_change_of_code_the_first_seeds_run_again_and_the_record_is_kept(results, monkeypatch, capsys):
    measure(results, HereExecutor())
    recorded = results.ft.load_comparison(results.RESULTS / "tiny.json")
    monkeypatch.setattr(results, "code_checksum_of", lambda task: "other")
    executor = HereExecutor()
    measure(results, executor)
    assert [(job.strategy.name, job.seed, job.scores_test) for job in executor.jobs] == [
        ("feature_extraction", 0, True), ("scratch", 0, True),
    ]  # fmt: skip
    kept = results.ft.load_comparison(results.RESULTS / "tiny.json")
    assert kept.rows == recorded.rows and kept.settings["code"] == "other"
    assert "seed 0 of every cell came out as recorded" in kept.settings["checked"]


def test_where_another_result_comes_out_all_is_measured_again(results, monkeypatch, capsys):
    measure(results, HereExecutor())
    wanted_rows = results.ft.load_comparison(results.RESULTS / "tiny.json").rows
    path = results.RESULTS / "tiny.json"
    changed = results.ft.load_comparison(path)
    changed.rows[0]["val_accuracy"] += 0.5
    changed.save(path)
    monkeypatch.setattr(results, "code_checksum_of", lambda task: "other")
    executor = HereExecutor()
    measure(results, executor)
    assert "another result than recorded" in capsys.readouterr().out
    assert results.ft.load_comparison(path).rows == wanted_rows
    assert len(executor.jobs) == RUN_COUNT  # those of the check count


def run_tiny_study(seed):
    return [{"strategy": "only", "labels_per_class": 1, "updates": 1, "seed": seed, "rate_factor": 1.0,
             "val_accuracy": 0.5, "test_accuracy": 0.5, "val_macro_f1": 0.5, "test_macro_f1": 0.5}]  # fmt: skip


def test_a_stopped_study_goes_on_with_the_missing_seeds(results, monkeypatch):
    monkeypatch.setattr(results, "code_checksum_of", lambda task, *more, weights: "this")
    measure_study = functools.partial(results.measure_study, "tiny-study", run_tiny_study, fresh=False)
    measure_study(Starter(HereExecutor(do=None)))
    wanted_record = (results.RESULTS / "tiny-study.json").read_bytes()
    half = results.ft.load_comparison(results.RESULTS / "tiny-study.json")
    half.rows.pop()
    half.save(results.RESULTS / "tiny-study.json")

    executor = HereExecutor(do=None)
    measure_study(Starter(executor))
    assert executor.jobs == [2]
    assert (results.RESULTS / "tiny-study.json").read_bytes() == wanted_record
    measure_study(Starter())  # starts nothing
