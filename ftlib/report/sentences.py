"""What a report says to someone who knows no machine learning: its first sentence, and what was proven."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ftlib.evidence.proofs import Proof
from ftlib.score import ACCURACY, Score
from ftlib.strategies.strategy import get_strategy, list_strategies
from ftlib.tasks.inputs import INPUT_NOUNS
from ftlib.text import is_known

_IMAGES_OF_TASK = {"digits": "handwritten digits", "glyphs": "letters", "textures": "textures"}
_SOURCE_OF_BACKBONE = {"glyphnet": "letters"}
_CLAIMS = {
    "no leak between splits": "that no example is in two splits",
    "frozen weights": "that frozen weights stay the same to the bit",
    "BatchNorm statistics": "that statistics of BatchNorm do, too",
    "stages that train": "that every stage learns that should",
    "compiled after freezing": "that the optimizer holds nothing else",
    "more trains": "that each phase which opens stages trains more",
}
_BEGINNINGS = {  # where a strategy starts: how the network "that ..." began, and the same network, "..."
    "pretrained": ("that had practised on {}", "having practised on {}"),
    "partly pretrained": ("that kept part of what it knew of {}", "keeping part of what it knew of {}"),
    "random": ("that started from nothing", "starting from nothing"),
    None: ("that learned in another way", "learning in another way"),
}


def compare_in_words(
    best: Mapping[str, Any],
    other: Mapping[str, Any] | None,
    num_classes: int | None,
    settings: Mapping[str, Any],
    printed_strategies: Mapping[str, str],
) -> str:
    """Returns a comparison in a sentence: what was shown, and how many of 100 images the networks get right.

    Args:
        best: The row of `Comparison.table()` to speak of.
        other: The row to compare it with, or None where there is no other.
        num_classes: How many classes there are, or None where that is not known.
        settings: Those of the comparison.
        printed_strategies: Dict from the name of a strategy to how it prints, for those that are not ftlib's own.
    """
    backbone = settings.get("backbone")
    best_start = _find_start(best["strategy"], printed_strategies.get(best["strategy"], ""))
    scale = _find_scale(best, other)
    best_count = round(scale * best["test_mean"])
    sentence = (
        f"{_describe_labels(best['labels_per_class'], num_classes, settings.get('task'))}, the network "
        f"{_describe_beginning(best_start, backbone)} gets {best_count} of {scale:,} new ones right"
    )
    if other is None:
        return sentence + (" in a single try." if best["n"] == 1 else ".")

    other_start = _find_start(other["strategy"], printed_strategies.get(other["strategy"], ""))
    other_count = round(scale * other["test_mean"])
    same_count = other_count == best_count
    other_count_text = "as many" if same_count else other_count
    if best_start == other_start:
        sentence += f" when trained by {best['strategy']}, and {other_count_text} by {other['strategy']}."
    else:
        other_beginning = _describe_beginning(other_start, backbone, as_apposition=True)
        sentence += f"; the same network, {other_beginning}, gets {other_count_text}."
    if same_count or is_clearly_above(best, other) or is_clearly_above(other, best):
        return sentence
    fewest_tries = min(best["n"], other["n"])
    tries = "With one try each" if fewest_tries == 1 else f"After {fewest_tries} tries each"
    return f"{sentence} {tries}, the difference can be chance."


def describe_run(
    accuracy: float,
    image_count: int | None,
    split_name: str,
    train_count: int | None,
    settings: Mapping[str, Any],
    backbone: str | None = None,
) -> str:
    """Returns a run in a sentence.

    Args:
        accuracy: The share of the images that it gets right.
        image_count: How many images those are, or None where that is not known.
        split_name: The split that they are from, `"test"` or `"validation"`.
        train_count: Number of training images, or None.
        settings: Those of the run.
        backbone: Its name, if that is known.
    """
    task = settings.get("task")
    task_name: Any = task.get("name") if isinstance(task, dict) else task
    kind = task.get("kind", "image") if isinstance(task, dict) else "image"
    images = _IMAGES_OF_TASK.get(task_name, INPUT_NOUNS[kind])
    network, new_images = "The network", f"new {images}"
    if train_count:
        start = _find_start(None, str(settings.get("strategy")))
        network = f"Shown {train_count:,} {images}, the network {_describe_beginning(start, backbone, kind=kind)}"
        new_images = "new ones"
    if image_count and image_count < 100:
        scale = image_count
    else:
        scale = 1000 if _rounds_to_all(accuracy) else 100
    sentence = f"{network} gets {round(scale * accuracy)} of {scale:,} {new_images} right"
    return sentence + ("." if split_name == "test" else ", of those that its best epoch was chosen by.")


def is_clearly_above(row: Mapping[str, Any], other: Mapping[str, Any], score: Score = ACCURACY) -> bool:
    """Returns whether the interval of a row of `Comparison.table()` lies above that of another: on its better side."""
    if not score.higher_is_better:
        row, other = other, row
    low, high = row.get("test_low"), other.get("test_high")
    return is_known(low) and is_known(high) and low > high


def summarize_claims(proofs: Sequence[Proof]) -> str:
    """Returns in a sentence what some proofs are about."""
    claim_names = dict.fromkeys(proof.name.rpartition(": ")[2] for proof in proofs)
    *first_claims, last_claim = [_CLAIMS.get(name, name) for name in claim_names]
    claims = f"{', '.join(first_claims)} and {last_claim}" if first_claims else last_claim
    return f"Checked during training: {claims}. A line opens to its details."


def summarize_proofs(strategy_name: str, proofs: Sequence[Proof]) -> tuple[str, str]:
    """Returns in a line whether the proofs of a run hold, and the names of those that do not."""
    broken_names = [proof.name for proof in proofs if not proof.holds]
    if not broken_names:
        return f"{strategy_name}: all {len(proofs)} claims hold", ""
    return f"{strategy_name}: {len(broken_names)} of {len(proofs)} claims BROKEN", ", ".join(broken_names)


def _describe_labels(labels_per_class, num_classes, task_name):
    images = _IMAGES_OF_TASK.get(task_name, "images")
    if labels_per_class is None:
        return f"Shown all {images} that there are to learn from"
    if num_classes:
        return f"Shown {labels_per_class * num_classes:,} {images}"
    return f"Shown {labels_per_class} of each class of {images}"


def _find_start(name, printed_strategy):
    """Returns where a strategy starts: "pretrained", "partly pretrained", "random", or None if that is not known.

    Args:
        name: Its name. A strategy of one's own is not known by it, and a run only records how it printed.
        printed_strategy: How it printed.
    """
    if name in list_strategies():
        strategy = get_strategy(name)
        return strategy.start if strategy.keep is None else "partly pretrained"
    match = re.search(r"starts (pretrained|random)(, keeps)?", printed_strategy)
    if match is None:
        return None
    return "partly pretrained" if match[2] else match[1]


def _describe_beginning(start, backbone, as_apposition=False, kind="image"):
    clause, apposition = _BEGINNINGS[start]
    source = _SOURCE_OF_BACKBONE.get(backbone, f"other {INPUT_NOUNS[kind]}")
    return (apposition if as_apposition else clause).format(source)


def _find_scale(best, other):
    """Returns of how many images to speak: 100, or 1,000 where hundredths would hide a difference or a mistake."""
    rows = [best] if other is None else [best, other]
    if any(_rounds_to_all(row["test_mean"]) for row in rows):
        return 1000
    if other is None or round(100 * best["test_mean"]) != round(100 * other["test_mean"]):
        return 100
    return 1000 if is_clearly_above(best, other) or is_clearly_above(other, best) else 100


def _rounds_to_all(accuracy):
    return accuracy < 1 and round(100 * accuracy) == 100
