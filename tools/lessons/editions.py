"""The notebooks of a lesson: one for each language, with the same code and outputs."""

import pathlib
import tomllib

import nbformat

from lessons.bootstrap import bootstrap
from lessons.source import PLACEHOLDER, LessonError

ROOT = pathlib.Path(__file__).resolve().parents[2]


def edition(cells, name, language, stamp, urls):
    """Returns the notebook of one language."""
    number = name.split("_")[0]
    book = nbformat.v4.new_notebook(
        metadata={
            "accelerator": "GPU",
            "colab": {"provenance": []},
            "ftlib": {"language": language, "lesson": name, **stamp},
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    values, counter = {}, 0
    repository = urls.get("Repository", "").rstrip("/")
    for at, cell in enumerate(cells):
        if cell.code is not None:
            counter += 1
            values = cell.values
            about = {"sha256": cell.sha256} | ({"values": values} if values else {})
            made = nbformat.v4.new_code_cell(
                cell.code, execution_count=counter, outputs=cell.outputs, metadata={"ftlib": about}
            )
            if cell.tags:
                made.metadata["tags"] = list(cell.tags)
            book.cells.append(made)
            continue

        def fill(match, values=values):
            expression = match[1]
            if expression.startswith("quiz "):
                from ftlib.course.checking import quiz_text

                return quiz_text(expression.split()[1], language)
            if expression not in values:
                raise LessonError(f"{name}: nothing answers {{{{{expression}}}}}. Execute the lesson again.")
            return values[expression]

        text = PLACEHOLDER.sub(fill, cell.text[language])
        if at == 0:
            text = _under_title(text, _links(name, language, repository))
        book.cells.append(nbformat.v4.new_markdown_cell(text))
    for at, cell in enumerate(book.cells):
        cell["id"] = f"{number}-{at + 1:03d}"
    # It has an id of its own: those of the lesson's cells, which links lead to, do not depend on it.
    first = nbformat.v4.new_code_cell(
        bootstrap(language, project()["version"], repository), id=f"{number}-colab", metadata={"tags": ["bootstrap"]}
    )
    book.cells.insert(1, first)
    nbformat.validate(book)
    return nbformat.writes(book, version=4).rstrip("\n") + "\n"


def _under_title(text, links):
    title, _, rest = text.partition("\n")
    return f"{title}\n\n{links}\n{rest}" if rest else f"{title}\n\n{links}"


def _links(name, language, repository):
    other, label, overview = {"en": ("ko", "한국어", "All lessons"), "ko": ("en", "English", "모든 수업")}[language]
    links = [f"[{label}](../{other}/{name}.ipynb)", f"[{overview}](../README.md)"]
    if repository.startswith("https://github.com/"):
        place = repository.removeprefix("https://github.com/")
        colab = f"https://colab.research.google.com/github/{place}/blob/{_tag()}/notebooks/{language}/{name}.ipynb"
        links.append(f"[Colab]({colab})")
    return " · ".join(links)


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _tag():
    return f"v{project()['version']}"
