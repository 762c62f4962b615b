"""Where does the answer stand? `minibert` on the task `docstring_questions`: results/questions.json.

`python tools/question_study.py` measures the cells that are missing, one after the other: stopped, it goes on where it
was. All strategies get the same number of updates; the rate of each is chosen on validation, with one seed and one
number of questions, and holds for all its rows. A seed draws the questions. The test is scored once a row. `baseline`
always names the tokens at the place where most answers of the training questions are.
"""

from __future__ import annotations

import argparse
import dataclasses
import functools
from typing import Any

import keras
import numpy as np
from study_record import StudyRecord, measured_row, study_workers, weights_stamp

import ftlib as ft
from ftlib.tasks.task import Task

TASK = "docstring_questions"
SEEDS, UPDATES = 5, 300
QUESTION_COUNTS = (500, 2000)  # in the order of their weight
STRATEGIES = {"frozen": "feature_extraction_long", "scratch": "scratch", "lp_ft": "lp_ft"}
TUNING_QUESTIONS, RATE_FACTORS, REGULARIZATION = 500, (1.0, 3.0), "light"


@functools.cache
def all_questions() -> Task:
    """Returns the task with all its questions."""
    return ft.load_task(TASK)


def draw_questions(count: int, seed: int) -> Task:
    """Returns the task with some of its questions of training, those that `ft.load_task` draws."""
    task = all_questions()
    drawn = np.random.default_rng(seed).permutation(len(task.train))[:count]
    return dataclasses.replace(task, train=task.train.take(np.sort(drawn)))


def tune_network(cell: tuple, tests: bool) -> dict[str, Any]:
    """Returns the scores of `ft.fit`."""
    _, count, seed, method, regularization, rate_factor, updates = cell
    task = draw_questions(count, seed)
    keras.backend.clear_session()
    model = ft.with_head(ft.load_backbone("minibert"), task)
    strategy = ft.strategy(STRATEGIES[method]).scaled(rate_factor)
    run = ft.fit(model, task, strategy, regularization, seed, updates=updates, verbose=False)
    scores = {
        "regularization": regularization, "rate_factor": rate_factor, "updates": updates,
        "updates_done": sum(phase["updates_done"] for phase in run.phases),
    }  # fmt: skip
    for part, prefix in {"validation": "val", "test": "test"}.items():
        if part == "validation" or tests:
            scores |= {f"{prefix}_{name}": run.score(part)[name] for name in ("exact_match", "f1")}
    return scores


def score_baseline(cell: tuple) -> dict[str, Any]:
    """Returns the scores of always naming the same place."""
    task = draw_questions(*cell[1:3])
    scores = {}
    for prefix, split in {"val": task.validation, "test": task.test}.items():
        found = task.objective.baseline(task.train, split)
        scores |= {f"{prefix}_{name}": found[name] for name in ("exact_match", "f1")}
    return scores


def run_choice(cell: tuple) -> dict[str, Any]:
    """Returns the row of a choice that is tried; the test is not looked at."""
    return measured_row(cell, lambda: tune_network(cell, tests=False), weights_stamp())


def run_cell(cell: tuple) -> dict[str, Any]:
    """Returns the row of a cell."""
    return measured_row(
        cell, lambda: score_baseline(cell) if cell[3] == "baseline" else tune_network(cell, tests=True), weights_stamp()
    )


def with_choice(record: StudyRecord, cell: tuple) -> tuple:
    """Returns a cell with what validation chose, and the number of updates."""
    choice = record.choice_for(cell[0], cell[3], "val_f1")
    return cell if choice is None else (*cell, choice["regularization"], choice["rate_factor"], UPDATES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", choices=["baseline", *STRATEGIES], default=["baseline", *STRATEGIES])
    parser.add_argument("--questions", nargs="+", type=int, default=list(QUESTION_COUNTS))
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"the first so many ({SEEDS})")
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with other code")
    args = parser.parse_args()

    record = StudyRecord(
        "questions", ("test_f1", "test_exact_match", "val_f1", "val_exact_match"), ("baseline", "frozen", "scratch")
    )
    record.drop_outdated(args.fresh)
    task = all_questions()
    record.settings = {
        "backbone": "minibert", "updates": UPDATES, "seeds": SEEDS, "backend": keras.backend.backend(),
        "validation_questions": len(task.validation), "test_questions": len(task.test),
        "training_questions": len(task.train), "regularization": REGULARIZATION,
    }  # fmt: skip
    with study_workers(args.jobs) as pool:
        for method in args.methods:
            if method != "baseline":
                choices = [
                    (TASK, TUNING_QUESTIONS, 0, method, REGULARIZATION, factor, UPDATES) for factor in RATE_FACTORS
                ]
                record.tune(choices, run_choice, pool)
        for count in args.questions:  # a number after the other, so that a stopped study has whole comparisons
            for method in args.methods:
                cells = [(TASK, count, seed, method) for seed in range(args.seeds)]
                record.measure(cells, run_cell, lambda cell: with_choice(record, cell), pool)
    record.save()
    record.print_summary()


if __name__ == "__main__":
    main()
