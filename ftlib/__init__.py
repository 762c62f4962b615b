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
import importlib.util
import sys

__version__ = "0.1.0"

_PUBLIC = {
    "backbones": ["BackboneInfo", "classifier", "list_backbones", "load_backbone", "source_model"],
    "errors": ["ProofError"],
    "evaluation": ["Comparison", "compare", "load_comparison"],
    "exercises": ["check", "hint", "solution"],
    "freezing": ["FreezeReport", "freeze", "freeze_report", "unfreeze"],
    "graph": ["Stage", "split_model", "stages"],
    "initialization": ["reinitialize"],
    "optimizers": ["layerwise"],
    "plots": ["show"],
    "proofs": ["Proof", "prove"],
    "regularizers": ["Regularization"],
    "report": ["write_report"],
    "runs": ["Run", "load_run"],
    "strategies": ["Phase", "Strategy", "list_strategies", "strategy"],
    "tasks": ["FolderReport", "Split", "Task", "check_folder", "list_tasks", "load_task"],
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


class _AfterKeras:
    """Lets Keras know the optimizers of `layerwise` once it is imported: a model saved with one can then be loaded."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "keras":
            return None
        sys.meta_path.remove(_AfterKeras)
        spec = importlib.util.find_spec(name)
        if spec is not None:
            execute = spec.loader.exec_module

            def execute_and_tell(module):
                execute(module)
                importlib.import_module("ftlib.optimizers")

            spec.loader.exec_module = execute_and_tell
        return spec


if "keras" in sys.modules:
    importlib.import_module("ftlib.optimizers")
else:
    sys.meta_path.insert(0, _AfterKeras)
