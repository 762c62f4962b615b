"""From training a network from scratch, through feature extraction, to fine-tuning, with evidence at each step.

Example:

    import ftlib as ft

    task = ft.load_task("digits", labels_per_class=10)
    model = ft.classifier(ft.load_backbone("glyphnet"), task.num_classes)
    run = ft.fit(model, task, "lp_ft")
    print(run.summary())

Names are loaded when they are first used, so that the `ftlib` command answers at once.
"""

import importlib

__version__ = "0.1.0"

_PUBLIC = {
    "advisor": ["Advice", "advise"],
    "anchors": ["EWC", "L2SP", "Replay"],
    "app.explain": ["Explanation", "explain"],
    "app.export": ["Export", "export"],
    "backbones": ["BackboneInfo", "classifier", "list_backbones", "load_backbone", "source_model"],
    "errors": ["ProofError"],
    "evaluation": ["Comparison", "compare", "load_comparison"],
    "exercises": ["check", "hint", "solution"],
    "finder": ["RateSearch", "find_lr"],
    "freezing": ["FreezeReport", "freeze", "freeze_report", "unfreeze"],
    "graph": ["Stage", "split_model", "stages"],
    "hardware": ["Hardware"],
    "initialization": ["reinitialize"],
    "memory": ["Forgetting", "forgetting"],
    "optimizers": ["layerwise"],
    "plots": ["show"],
    "proofs": ["Proof", "prove"],
    "regularizers": ["Regularization"],
    "reliability": ["Calibration", "GroupAccuracy", "calibration", "group_accuracy"],
    "report": ["write_report"],
    "runs": ["Run", "load_run"],
    "similarity": ["Evidence"],
    "strategies": ["Phase", "Strategy", "list_strategies", "strategy"],
    "tasks": ["FolderReport", "Split", "Task", "check_folder", "list_tasks", "load_task", "mark_task"],
    "tracks": ["Track", "track"],
    "training": ["fit"],
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'ftlib' has no attribute {name!r}")
    return getattr(importlib.import_module(f"ftlib.{_HOME[name]}"), name)


def __dir__():
    return [*globals(), *__all__]
