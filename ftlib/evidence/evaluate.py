"""What a model scores on a task, with no run around it."""

import keras

from ftlib.errors import find_name
from ftlib.objectives.evaluation import score_model
from ftlib.tasks.parts import PARTS
from ftlib.tasks.task import Task


def evaluate(model: keras.Model, task: Task, part: str = "validation") -> dict[str, float]:
    """Returns the scores of a model on a part of a task, such as those of a pre-trained model before it is tuned.

    A `Run` has scores of its own, which it computes once and keeps: `run.score("test")`.

    Args:
        model: A Keras model whose outputs are what the task's objective reads, as from `with_head` or
            `language_model`.
        task: A `Task`; `task.for_backbone(model)` is applied to it.
        part: `"train"`, `"validation"` (default) or `"test"`.

    Returns:
        A value for each score of the task's objective, its headline first.

    Raises:
        ValueError: For another part, and a model that does not fit the task.

    Example:
    >>> scores = evaluate(ft.language_model("minigpt"), ft.load_task("licences"))
    >>> list(scores)
    ['perplexity', 'bits_per_byte', 'accuracy', 'loss']
    """
    known_part = find_name("part", part, PARTS)
    fitted_task = task.for_backbone(model)
    fitted_task.objective.check_model(model, fitted_task)
    split = fitted_task.objective.for_evaluation(fitted_task.splits[known_part])
    return score_model(model, split.inputs, split.targets, fitted_task.objective)
