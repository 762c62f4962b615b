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
    "course.checking": ["check", "hint", "solution"],
    "course.controls": ["explore", "paint"],
    "course.guesses": ["Guess", "guess", "reveal"],
    "course.tracks": ["Track", "track"],
    "errors": ["ProofError"],
    "evidence.advisor": ["Advice", "advise"],
    "evidence.calibration": ["Calibration", "calibration"],
    "evidence.comparison": ["Comparison", "load_comparison"],
    "evidence.evaluate": ["evaluate"],
    "evidence.explanation": ["Explanation", "explain"],
    "evidence.forgetting": ["Forgetting", "forgetting"],
    "evidence.generation": ["generate", "generation_scores", "sampling_path"],
    "evidence.groups": ["GroupAccuracy", "group_accuracy"],
    "evidence.linear_baseline": ["LinearBaseline"],
    "evidence.proofs": ["Proof", "prove"],
    "evidence.run": ["Run", "load_run"],
    "evidence.similarity": ["Evidence"],
    "evidence.sound_baseline": ["measure_sound_baseline"],
    "evidence.text_baseline": ["measure_text_baseline"],
    "evidence.text_explanation": ["TextExplanation", "explain_text"],
    "evidence.text_generation": ["generate_text"],
    "exports.export": ["Export", "export"],
    "models.backbones": ["BackboneInfo", "classifier", "list_backbones", "load_backbone", "source_model"],
    "models.darknet": ["load_detector"],
    "models.denoising_network": ["denoising_network"],
    "models.freezing": ["FreezeReport", "freeze", "freeze_report", "unfreeze"],
    "models.initialization": ["reinitialize"],
    "models.language_models": ["language_model"],
    "models.staged_model": ["split_model", "stages"],
    "models.stages": ["Stage"],
    "models.token_network": ["token_network"],
    "models.tokenizer": ["Tokenizer"],
    "models.vocabularies": ["load_tokenizer"],
    "objectives.average_precision": ["AveragePrecision", "average_precision"],
    "objectives.box_mistakes": ["BoxMistakes", "box_mistakes"],
    "objectives.boxes": ["decode"],
    "objectives.classification": ["Classification"],
    "objectives.denoising": ["Denoising", "denoiser"],
    "objectives.detection": ["Detection"],
    "objectives.masked_token": ["MaskedToken"],
    "objectives.multi_label": ["MultiLabel"],
    "objectives.next_token": ["NextToken"],
    "objectives.objective": ["Objective"],
    "objectives.regression": ["Regression"],
    "objectives.span": ["AnswerSpan", "Span"],
    "plots": ["show"],
    "report": ["write_report"],
    "score": ["Score"],
    "strategies.anchors": ["EWC", "L2SP", "Replay"],
    "strategies.regularization": ["Regularization"],
    "strategies.strategy": ["Phase", "Strategy", "list_strategies", "strategy"],
    "tasks.box_files.check": ["BoxReport", "check_boxes"],
    "tasks.folder.check": ["FolderReport", "check_folder"],
    "tasks.marks": ["mark_task"],
    "tasks.registry": ["list_tasks", "load_task"],
    "tasks.sound_files.check": ["SoundReport", "check_sounds"],
    "tasks.split": ["Split"],
    "tasks.task": ["Task", "with_head"],
    "tasks.text_files.check": ["TextReport", "check_texts"],
    "training.compare": ["compare"],
    "training.devices": ["Hardware"],
    "training.fit": ["fit"],
    "training.layerwise": ["layerwise"],
    "training.progress": ["Progress"],
    "training.rate_finder": ["RateSearch", "find_lr"],
}
_HOME = {name: module for module, names in _PUBLIC.items() for name in names}
__all__ = sorted(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'ftlib' has no attribute {name!r}")
    return getattr(importlib.import_module(f"ftlib.{_HOME[name]}"), name)


def __dir__():
    return [*globals(), *__all__]
