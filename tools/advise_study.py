"""What the rule of `ft.advise` costs on tasks that it was not fitted on: results/advice.json.

`python tools/advise_study.py` reads results/transfer.json, leaves out one task after the other, fits the thresholds on
the rest and applies them, frozen, to the one left out. Regret: percentage points of test accuracy (mean of the seeds)
below the strategy that turns out best for that task and number of labels. It also fits the thresholds on all tasks:
those are `ftlib.advisor.RULE`.
"""

import itertools
import json
import pathlib

import numpy as np

from ftlib.advisor import Rule, choose
from ftlib.evaluation import interval
from ftlib.similarity import Evidence

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Judged on these; the other pairs of backbone and task have fewer strategies, and help to fit.
JUDGED = ("glyphnet/digits", "glyphnet/textures", "glyphnet/fashion_mnist", "glyphnet/faces", "MobileNetV2/flowers")
GAINS = (-1.0, *np.round(np.arange(-0.5, 0.95, 0.05), 2).tolist())
LABELS = (1, 2, 5, 15, 25, 45, 100)
BASELINES = ("full", "feature_extraction_long", "lp_ft", "scratch")


def cells(rows):
    """Returns one dict per backbone, task and number of labels, with the mean of every strategy and the rows."""
    grouped = {}
    for row in rows:
        grouped.setdefault((f"{row['backbone']}/{row['task']}", row["labels_per_class"]), []).append(row)
    found = []
    for (pair, labels), mine in grouped.items():
        names = mine[0]["runs"]
        tests = {name: np.mean([r["runs"][name]["test"] for r in mine]) for name in names}
        seconds = {name: np.mean([r["runs"][name]["seconds"] for r in mine]) for name in names}
        found.append(dict(pair=pair, task=mine[0]["task"], labels=labels, rows=mine, tests=tests, seconds=seconds))
    return found


def evidence(row):
    """Returns the `Evidence` of a recorded row."""
    keys = ("classes", "probes", "untrained", "pixels", "validation")
    return Evidence(labels_per_class=row["labels_per_class"], **{key: row[key] for key in keys})


def judge(rule, cell):
    """Returns regret in points and seconds of every seed of a cell, by the rule's choice for each."""
    best, regret, seconds = max(cell["tests"].values()), [], []
    for row in cell["rows"]:
        name = choose(evidence(row), rule)
        name = name if name in row["runs"] else "lp_ft"
        regret.append(100 * (best - cell["tests"][name]))
        seconds.append(row["seconds"] + row["runs"][name]["seconds"])
    return regret, seconds


def fit_rule(found):
    """Returns the rule of the smallest mean regret; of equal ones the middle one."""
    rules = [Rule(*values) for values in itertools.product(GAINS, LABELS)]
    costs = [np.mean([np.mean(judge(rule, cell)[0]) for cell in found]) for rule in rules]
    best = [rule for rule, cost in zip(rules, costs, strict=True) if cost <= min(costs) + 1e-9]
    return best[len(best) // 2]


def main():
    found = cells(json.loads((ROOT / "results" / "transfer.json").read_text())["rows"])
    judged = [cell for cell in found if cell["pair"] in JUDGED]
    lines, folds = [], {}
    for task in dict.fromkeys(cell["task"] for cell in judged):
        rule = fit_rule([cell for cell in found if cell["task"] != task])
        folds[task] = {"gain": rule.gain, "labels": rule.labels}
        for cell in (c for c in judged if c["task"] == task):
            regret, seconds = judge(rule, cell)
            best = max(cell["tests"], key=cell["tests"].get)
            best_of_all = cell["tests"][best]
            chosen = [choose(evidence(row), rule) for row in cell["rows"]]
            lines.append(
                {
                    "pair": cell["pair"], "labels_per_class": cell["labels"], "chosen": chosen, "best": best,
                    "regret": float(np.mean(regret)), "seconds": float(np.mean(seconds)),
                    "always": {name: 100 * float(best_of_all - cell["tests"][name]) for name in BASELINES},
                    "seconds_full": float(cell["seconds"]["full"]),
                }
            )  # fmt: skip
    whole = fit_rule(found)
    regrets = [line["regret"] for line in lines]
    summary = {
        "regret": float(np.mean(regrets)), "interval": interval(regrets), "worst": max(regrets),
        "always": {name: float(np.mean([line["always"][name] for line in lines])) for name in BASELINES},
        "time": sum(line["seconds"] for line in lines) / sum(line["seconds_full"] for line in lines),
    }  # fmt: skip
    record = {"rule": {"gain": whole.gain, "labels": whole.labels}, "folds": folds, "summary": summary, "cells": lines}
    (ROOT / "results" / "advice.json").write_text(json.dumps(record, indent=1) + "\n")
    for line in lines:
        print(
            f"{line['pair']:24} {line['labels_per_class']:3}  best {line['best']:24} chosen {set(line['chosen'])} "
            f"regret {line['regret']:.1f}"
        )
    print(json.dumps({k: record[k] for k in ("rule", "folds", "summary")}, indent=1))


if __name__ == "__main__":
    main()
