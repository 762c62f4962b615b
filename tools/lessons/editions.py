"""The notebooks of a lesson: one for each language."""

import pathlib
import tomllib

import nbformat

from lessons.bootstrap import bootstrap
from lessons.minutes import estimate_extra_minutes, estimate_minutes
from lessons.source import PLACEHOLDER, LessonError

ROOT = pathlib.Path(__file__).resolve().parents[2]


def make_notebook(cells, name, language, stamp, urls):
    """Returns the notebook of one language."""
    lesson_number = name.split("_")[0]
    notebook = nbformat.v4.new_notebook(
        metadata={
            "accelerator": "GPU",
            "colab": {"provenance": []},
            "ftlib": {"language": language, "lesson": name, **stamp},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    current_values, execution_count = {}, 0
    repository = urls.get("Repository", "").rstrip("/")
    for position, cell in enumerate(cells):
        if cell.code is not None:
            execution_count += 1
            current_values = cell.values
            cell_metadata = {"sha256": cell.sha256} | ({"values": current_values} if current_values else {})
            code_cell = nbformat.v4.new_code_cell(
                cell.code, execution_count=execution_count, outputs=cell.outputs, metadata={"ftlib": cell_metadata}
            )
            # Jupyter Book and the site fold a cell by its tag, JupyterLab and Colab by what follows.
            tags = [tag for tag in cell.tags if tag != "folded"] + ["hide-input"] * cell.is_folded
            if tags:
                code_cell.metadata["tags"] = tags
            if cell.is_folded:
                code_cell.metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
            notebook.cells.append(code_cell)
            continue

        def fill(match, current_values=current_values):
            expression = match[1]
            if expression.startswith("quiz "):
                from ftlib.course.checking import quiz_text

                return quiz_text(expression.split()[1], language)
            if expression == "minutes":
                return str(estimate_minutes(cells))
            if expression == "extra minutes":
                return str(estimate_extra_minutes(cells))
            if expression not in current_values:
                raise LessonError(f"{name}: nothing answers {{{{{expression}}}}}. Execute the lesson again.")
            return current_values[expression]

        filled_text = PLACEHOLDER.sub(fill, cell.text[language])
        if position == 0:
            filled_text = _under_title(filled_text, _links(name, language, repository))
        notebook.cells.append(nbformat.v4.new_markdown_cell(filled_text))
    position = 0
    for cell, notebook_cell in zip(cells, notebook.cells, strict=True):
        # A folded check has no number of its own, so that a new `assert` leaves the other ids as they are.
        position += not cell.is_check
        notebook_cell["id"] = f"{lesson_number}-{position:03d}" + "-check" * cell.is_check
    # It has an id of its own: those of the lesson's cells, which links lead to, do not depend on it.
    bootstrap_cell = nbformat.v4.new_code_cell(
        bootstrap(language, project()["version"], repository),
        id=f"{lesson_number}-colab",
        metadata={"tags": ["bootstrap"]},
    )
    notebook.cells.insert(1, bootstrap_cell)
    nbformat.validate(notebook)
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def _under_title(text, links):
    title, _, text_below = text.partition("\n")
    return f"{title}\n\n{links}\n{text_below}" if text_below else f"{title}\n\n{links}"


def _links(name, language, repository):
    other_language, label, overview_text = {
        "en": ("ko", "한국어", "All lessons"),
        "ko": ("en", "English", "모든 수업"),
    }[language]
    links = [f"[{label}](../{other_language}/{name}.ipynb)", f"[{overview_text}](../README.md)"]
    if repository.startswith("https://github.com/"):
        repository_path = repository.removeprefix("https://github.com/")
        colab_address = f"https://colab.research.google.com/github/{repository_path}/blob/{_tag()}/notebooks/{language}/{name}.ipynb"
        links.append(f"[Colab]({colab_address})")
    return " · ".join(links)


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _tag():
    return f"v{project()['version']}"
