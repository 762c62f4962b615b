"""What a report says that depends on what is predicted: the base of the kinds of reports."""

from typing import TYPE_CHECKING, Any

from ftlib.report.page import Card, PageSection, data_table
from ftlib.report.scored_answers import ScoredAnswers, score_text

if TYPE_CHECKING:
    from ftlib.evidence.run import Run
    from ftlib.tasks.task import Task


class ReportKind:
    """The sentences and sections of one kind of task; this base has what holds for any.

    Attributes:
        has_sections: Whether there are sections on the answers, which are then gathered. Default False.
    """

    has_sections = False

    def purpose(self, run: "Run") -> str:
        """Returns what the model is for, after "a model": part of the title."""
        return "a model"

    def lead(self, run: "Run", answers: ScoredAnswers | None) -> str:
        """Returns the result in a sentence for someone who knows no machine learning."""
        if answers is None:
            part = "test" if run.task is not None or "test" in run.scores else "validation"
            return f"{run.headline.title} on {part}: {run.headline.format(run.score(part)[run.headline.name])}."
        headline = answers.figures["scores"][0]
        return f"{headline['title']} on {answers.figures['images']:,} new images: {score_text(headline)}."

    def remarks(self, answers: ScoredAnswers) -> list[str]:
        """Returns the sentences of "At a glance"."""
        return []

    def sections(self, answers: ScoredAnswers) -> list[PageSection]:
        """Returns the sections on the answers."""
        return []

    def count_table(self, task: "Task") -> str:
        """Returns how many images there are in each split."""
        row = ["images", *(len(split) for split in task.splits.values())]
        return data_table(["", "Train", "Validation", "Test"], [row], "No image is in two columns.", numbers=(1, 2, 3))

    def examples(self, task: "Task") -> tuple[str, list[Card]]:
        """Returns a caption, and some training images with what is true of them."""
        return "", []

    def output(self, run: "Run") -> str:
        """Returns what the outputs of the model mean."""
        return "see the task" if run.task is None else run.task.objective.describe_outputs(run.class_names)

    def limits(self, answers: Any) -> list[str]:
        """Returns what the model cannot do."""
        return []
