"""What stands in the report of a comparison, of a run, and of a run folder, and in which order."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ftlib.report import (
    sections_answers,
    sections_comparison,
    sections_run,
    sections_run_folder,
    sections_scored,
    sections_sounds,
    sections_texts,
)
from ftlib.report.answers import Answers, RunScore, task_name, task_settings
from ftlib.report.page import PageSection, build_page, linked_sections, paragraph, write_page
from ftlib.report.scored_answers import ScoredAnswers
from ftlib.report.sections_comparison import Ranking
from ftlib.report.sections_training import learning_curves, model_stages, opening, phases_and_proofs, settings_table
from ftlib.report.sentences import compare_in_words, describe_run, is_clearly_above
from ftlib.score import ACCURACY
from ftlib.tasks.inputs import INPUT_NOUNS

if TYPE_CHECKING:
    from ftlib.evidence.advisor import Advice
    from ftlib.evidence.comparison import Comparison
    from ftlib.evidence.run import Run
    from ftlib.tasks.task import Task


@dataclasses.dataclass(frozen=True)
class Report:
    """A report before it is written: its title, and its parts as HTML."""

    title: str
    parts: list[str]

    def write(self, path: pathlib.Path) -> pathlib.Path:
        """Writes the page, whole or not at all, and returns its path."""
        return write_page(build_page(self.title, self.parts), path)


@dataclasses.dataclass(frozen=True)
class RunFolderDetails:
    """What the report of a run folder tells beside the run itself; see `write_model_report`."""

    findings: Sequence[str | Mapping[str, str]] | None = None
    groups: Mapping[str, Sequence[Any]] | None = None
    advice: "Advice | str | Sequence[str] | None" = None
    exports: Sequence[Mapping[str, Any]] | None = None
    card: Mapping[str, str] = dataclasses.field(default_factory=dict)
    command: str | None = None
    players: bool = True


def compose_comparison(result: "Comparison", recorded: "Comparison | None", recorded_in: str | os.PathLike) -> Report:
    """Returns the report of a comparison.

    Args:
        result: The comparison, just measured.
        recorded: One measured earlier to show beside it, or None.
        recorded_in: Where `recorded` comes from.
    """
    rows = result.table()
    score = result.headline
    ranking = Ranking.of(rows, score)
    title = _comparison_title(ranking, task_name(result.settings))
    parts = [
        *opening(title, _comparison_lead(result, ranking)),
        paragraph(sections_comparison.exact_score(ranking)),
        paragraph("In brackets: 95 % intervals of the mean over seeds. Strategies were ranked on validation images."),
        sections_comparison.overview(rows, ranking, recorded, str(recorded_in)),
        sections_comparison.strategy_table(ranking),
        *sections_comparison.score_tables(rows, f"Test {score.label}", score),
    ]
    if recorded is not None:
        parts += sections_comparison.recorded_grid(recorded, str(recorded_in))
    histories = result.histories(ranking.labels_per_class, ranking.updates)
    if histories:
        parts.append(learning_curves(histories, "How they learn", result.headline))
    runs = _run_of_each_strategy(result.runs, ranking.updates)
    if runs:
        best_run = runs.get(ranking.best["strategy"], next(iter(runs.values())))
        parts += phases_and_proofs(list(runs.values()))
        parts += model_stages(best_run)
        if score == ACCURACY and best_run.kind == "image":
            parts += sections_run.mistake_figures(best_run)
    parts += sections_comparison.next_steps(ranking, str(result.settings.get("backbone", "glyphnet")))
    parts += settings_table(result.settings, "Settings and versions")
    if recorded is not None and recorded.settings:
        parts += settings_table(recorded.settings, "Settings of the recorded grid")
    return Report(title, parts)


def _comparison_title(ranking, task):
    if not ranking.others:
        return f"{ranking.best['strategy']} on {task}"
    if not ranking.has_winner:
        return f"No strategy is clearly ahead on {task}"
    return f"{ranking.best['strategy']} does best on {task}"


def _comparison_lead(result, ranking):
    first, second = ranking.best, ranking.baseline
    if second is not None and first["strategy"] == "scratch" and not is_clearly_above(first, second, ranking.score):
        first, second = second, first  # with no winner, what one compares with comes second
    if ranking.score != ACCURACY:
        return sections_comparison.exact_score(ranking)
    num_classes = next((len(run.class_names) for run in result.runs), None)
    printed_strategies = {run.strategy: str(run.settings.get("strategy")) for run in result.runs}
    return compare_in_words(first, second, num_classes, result.settings, printed_strategies)


def _run_of_each_strategy(runs, updates):
    """Returns the last run of each strategy: one of so many updates if there are such."""
    run_of_strategy = {run.strategy: run for run in runs}
    run_of_strategy.update({run.strategy: run for run in runs if run.settings.get("updates") == updates})
    return run_of_strategy


def compose_run(run: "Run", task: "Task | None") -> Report:
    """Returns the report of a run.

    Args:
        run: The run.
        task: The task of a run that was loaded without its data, or None.
    """
    if task is not None and run.task is None:
        run = run.with_task(task)
    if run.headline != ACCURACY or run.kind != "image":
        return _compose_scored_run(run)
    score = RunScore.of(run)
    title = f"{run.strategy} on {task_name(run.settings)}, seed {run.seed}"
    lead = describe_run(*score, task_settings(run).get("train"), run.settings)
    parts = [
        *opening(title, lead),
        *sections_run.score_paragraphs(run, score),
        learning_curves({run.strategy: [run.history]}, "How it learns", run.headline),
        *phases_and_proofs([run]),
        *model_stages(run),
        *sections_run.mistake_figures(run),
        *sections_run.next_steps(run),
        *settings_table(run.settings, "Settings and versions"),
    ]
    return Report(title, parts)


def _compose_scored_run(run):
    """Returns the report of a run whose task is not one class for each input."""
    kind = sections_scored.kind_of_report(run)
    answers = ScoredAnswers.of(run) if kind.has_sections else None
    parts = [
        *opening(f"{run.strategy} on {task_name(run.settings)}, seed {run.seed}", kind.lead(run, answers)),
        *sections_run.score_table(run),
        learning_curves({run.strategy: [run.history]}, "How it learns", run.headline),
        *phases_and_proofs([run]),
        *model_stages(run),
        *(part for section in ([] if answers is None else kind.sections(answers)) for part in section.parts),
        *sections_run.next_steps(run),
        *settings_table(run.settings, "Settings and versions"),
    ]
    return Report(parts=parts, title=f"{run.strategy} on {task_name(run.settings)}, seed {run.seed}")


def compose_run_folder(run: "Run", details: RunFolderDetails) -> Report:
    """Returns the report of a run folder, for whoever gets the model.

    Args:
        run: The run.
        details: What else is known.
    """
    if run.headline != ACCURACY:
        return _compose_scored_folder(run, details)
    nouns = INPUT_NOUNS[run.kind]
    task_notes = run.notes if run.task is None else run.task.notes
    findings = sections_run_folder.grade_findings(task_notes if details.findings is None else details.findings)
    answers, score = Answers.of(run), RunScore.of(run)
    of_what = "" if run.kind == "image" else f" of {nouns}"
    title = f"{task_name(run.settings)}: a model that tells {len(run.class_names):,} classes{of_what} apart"
    lead = describe_run(*score, task_settings(run).get("train"), run.settings, details.card.get("Backbone"))
    sections = [
        PageSection("glance", "At a glance", sections_run_folder.at_a_glance(answers, findings)),
        PageSection("data", "Data", sections_run_folder.training_data(run, findings)),
        *_answer_sections(answers, details),
        PageSection("card", "Model card", sections_run_folder.model_card(run, answers, score, details.card)),
        PageSection("use", "How to use it", sections_run_folder.usage(run, details.exports)),
        PageSection(
            "training",
            "How it learned",
            sections_run_folder.how_it_learned(run, sections_run_folder.advice_sentences(details.advice)),
        ),
        PageSection("repeat", "How to repeat it", sections_run_folder.repetition(run, details.command)),
    ]
    parts = [
        *opening(title, lead),
        paragraph(sections_run_folder.exact_score(score, nouns)),
        sections_run_folder.key_facts(run, answers, score),
        *linked_sections(sections),
    ]
    return Report(title, parts)


def _compose_scored_folder(run, details):
    """Returns the report of a run folder whose task is not one class for each image."""
    task_notes = run.notes if run.task is None else run.task.notes
    findings = sections_run_folder.grade_findings(task_notes if details.findings is None else details.findings)
    answers = ScoredAnswers.of(run)
    kind = sections_scored.kind_of_report(run)
    sections = [
        PageSection("glance", "At a glance", sections_scored.at_a_glance(kind, answers, findings)),
        PageSection("data", "Data", sections_scored.training_data(kind, run, findings)),
        *([] if answers is None else kind.sections(answers)),
        PageSection("card", "Model card", sections_scored.model_card(kind, run, answers, details.card)),
        PageSection("use", "How to use it", sections_scored.usage(kind, run, details.exports)),
        PageSection(
            "training",
            "How it learned",
            sections_run_folder.how_it_learned(run, sections_run_folder.advice_sentences(details.advice)),
        ),
        PageSection("repeat", "How to repeat it", sections_run_folder.repetition(run, details.command)),
    ]
    title = f"{task_name(run.settings)}: {kind.purpose(run)}"
    parts = [
        *opening(title, kind.lead(run, answers)),
        sections_scored.key_facts(run, answers),
        *linked_sections(sections),
    ]
    return Report(title, parts)


def _answer_sections(answers, details):
    """Returns the sections that need the images; none for a run that was loaded without them."""
    if answers is None:
        return []
    groups = details.groups
    if answers.noun == "sound":
        return [
            PageSection("baseline", "Against loudness of bands", sections_sounds.against_baseline(answers)),
            PageSection("classes", "Class by class", sections_answers.class_by_class(answers)),
            PageSection("groups", "Group by group", sections_answers.group_by_group(answers, groups)),
            PageSection("confidence", "Confidence", sections_answers.confidence_against_accuracy(answers)),
            PageSection("mistakes", "Mistakes", sections_sounds.mistaken_sounds(answers, details.players)),
        ]
    if answers.noun == "text":
        return [
            PageSection("baseline", "Against character counts", sections_texts.against_baseline(answers)),
            PageSection("classes", "Class by class", sections_answers.class_by_class(answers)),
            PageSection("groups", "Group by group", sections_answers.group_by_group(answers, groups)),
            PageSection("confidence", "Confidence", sections_answers.confidence_against_accuracy(answers)),
            PageSection("mistakes", "Mistakes", sections_texts.mistaken_texts(answers)),
            PageSection("words", "Which words matter", sections_texts.words_that_matter(answers)),
        ]
    return [
        PageSection("classes", "Class by class", sections_answers.class_by_class(answers)),
        PageSection("groups", "Group by group", sections_answers.group_by_group(answers, groups)),
        PageSection("confidence", "Confidence", sections_answers.confidence_against_accuracy(answers)),
        PageSection("mistakes", "Mistakes", sections_answers.mistake_gallery(answers)),
        PageSection("looks", "Where it looks", sections_answers.where_it_looks(answers)),
    ]
