"""What stands on one page in one language: a lesson, or a text such as the glossary."""

import functools
import os
import pathlib
import posixpath
import re
import tomllib
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

import nbformat
from markupsafe import Markup

from pages.render import Heading, SiteError, highlight_code, render_markdown, render_output

TEMPLATES = pathlib.Path(__file__).resolve().parents[1] / "site_templates"
WORDS = tomllib.loads((TEMPLATES / "words.toml").read_text(encoding="utf-8"))
PARTS = WORDS.pop("parts")
LANGUAGES = tuple(WORDS)


@dataclass
class Page:
    """A lesson or a text, rendered. A text has no notebook, and its name no number."""

    name: str
    language: str
    notebook: bytes | None = None
    title: str = ""
    opening: str = ""  # its first paragraph
    facts: str = ""  # the line with the minutes
    colab: str | None = None
    body: Markup = Markup()
    cells: list = field(default_factory=list)  # their ids
    headings: list = field(default_factory=list)  # the first stands for the opening
    figures: dict = field(default_factory=dict)

    @property
    def number(self):
        return self.name.partition("_")[0] if self.notebook else None

    @property
    def short_number(self):
        """The number as a reader says it: `"1"`, or `"1b"` for a second part."""
        return self.number.lstrip("0") or "0"

    @property
    def part(self):
        own_part = [part for part in PARTS if part["first"] <= int(self.number[:2])][-1]
        return {"id": own_part["id"], "name": own_part[self.language]}

    def places(self):
        """Returns all anchors, which both editions must have in common."""
        return self.cells, [heading.anchor for heading in self.headings]


def read_lesson(path, language):
    """Returns the page of a notebook.

    Raises:
        SiteError: For a notebook that was not executed, a figure without alt text, a link that leads nowhere.
    """
    place, raw_bytes = f"{language}/{path.name}", path.read_bytes()
    try:
        notebook = nbformat.reads(raw_bytes.decode("utf-8"), as_version=4)
    except ValueError:
        raise SiteError(f"{place} is no notebook. Run `make notebooks`.") from None
    page, html_parts = Page(path.stem, language, raw_bytes), []
    for position, cell in enumerate(notebook.cells):
        if "bootstrap" in cell.metadata.get("tags", []):
            continue  # it does nothing but fetch the course on Colab
        page.cells.append(cell.id)
        try:
            if cell.cell_type == "code":
                html_parts.append(_render_code_cell(cell, page))
            elif cell.cell_type == "markdown":
                source = _take_title(cell.source, page) if position == 0 else cell.source
                html_parts.append(_render_prose_cell(source, cell.id, page, path.parent, is_opening=position == 0))
        except SiteError as error:
            raise SiteError(f"{place}, cell {cell.id}: {error}") from None
    if not page.title:
        raise SiteError(f"{place}: the first cell is the title, '# ...'.")
    page.body = Markup("\n".join(html_parts))
    return page


def read_text(path, language):
    """Returns the page of a Markdown file in the folder of the notebooks.

    Raises:
        SiteError: For a file without a title, or a link that leads nowhere.
    """
    page = Page(path.name.split(".")[0].lower(), language, cells=["text"])
    try:
        source = _take_title(path.read_text(encoding="utf-8"), page)
        page.body = Markup(_render_prose_cell(source, "text", page, path.parent, is_opening=True))
    except SiteError as error:
        raise SiteError(f"{path.name}: {error}") from None
    if not page.title:
        raise SiteError(f"{path.name}: the first line is the title, '# ...'.")
    return page


def _take_title(source, page):
    """Takes the title and the line of links below it, which the page has elsewhere, out of the text."""
    title, _, text_below_title = source.partition("\n")
    if not title.startswith("# "):
        return source
    page.title = title.removeprefix("# ").strip()
    page.headings.append(Heading("main", 2, page.title))
    text_below_title = text_below_title.lstrip("\n")
    first_line, _, text_below = text_below_title.partition("\n")
    if re.match(r"\[({})\]\(".format("|".join(words["name"] for words in WORDS.values())), first_line):
        colab_link = re.search(r"\[Colab\]\(([^)]+)\)", first_line)
        page.colab = colab_link[1] if colab_link else None
        return text_below
    return text_below_title


def _render_prose_cell(source, cell, page, folder, is_opening=False):
    html_text, contents = render_markdown(
        source, cell, functools.partial(_site_address, folder=folder, language=page.language)
    )
    for heading, paragraph_text in contents:
        if heading is not None:
            page.headings.append(heading)
        elif page.headings:
            page.headings[-1].words.append(paragraph_text)
    if is_opening:
        paragraphs = [paragraph_text for _, paragraph_text in contents]
        page.opening = next(filter(None, paragraphs), "")
        page.facts = next(
            (paragraph_text[1:].strip() for paragraph_text in paragraphs if paragraph_text.startswith("⏱")), ""
        )
        html_text = html_text.replace("<p>⏱ ", '<p class="facts">')  # a sign that not every system can draw
    css_classes = " opening" if is_opening and page.notebook else ""
    return f'<div class="cell prose{css_classes}" id="{cell}">\n{html_text}</div>'


def _render_code_cell(cell, page):
    if cell.execution_count is None:
        raise SiteError("it was not executed. Run `make notebooks` first.")
    is_exercise = "exercise" in cell.metadata.get("tags", [])
    html_parts = [f'<div class="cell code{" exercise" * is_exercise}" id="{cell.id}">']
    if is_exercise:
        html_parts.append(f'<p class="turn">{WORDS[page.language]["exercise"]}</p>')
    source_html = f'<pre class="source" lang="en" translate="no"><code>{highlight_code(cell.source)}</code></pre>'
    if "hide-input" in cell.metadata.get("tags", []):
        label = WORDS[page.language]["check" if cell.id.endswith("-check") else "folded"]
        source_html = f'<details class="folded"><summary>{label}</summary>\n{source_html}\n</details>'
    html_parts.append(source_html)
    search_words = [cell.source]
    for cell_output in cell.outputs:
        output_html, alt_text, picture = render_output(cell_output)
        html_parts.append(output_html)
        search_words.append(alt_text)
        if picture:
            page.figures[picture[0]] = picture[1]
    if page.headings:
        page.headings[-1].words += search_words
    return "\n".join([*html_parts, "</div>"])


def _site_address(href, folder, language):
    """Returns where a link leads on the site, or None for a file of the repository that is no part of it.

    Args:
        href: Target of the link.
        folder: Folder of the notebook or text that it stands in.
        language: Its language.

    Raises:
        SiteError: For a link to a file that is not there.
    """
    address = urlsplit(href)
    if address.scheme or address.netloc or not address.path:
        return href
    target = pathlib.Path(os.path.normpath(folder / unquote(address.path)))
    if not target.exists():
        raise SiteError(f"the link to {href} leads nowhere.")
    notebooks_folder = folder.parent if folder.name in LANGUAGES else folder
    anchor = f"#{address.fragment}" if address.fragment else ""
    if target.suffix == ".ipynb" and target.parent.parent == notebooks_folder and target.parent.name in LANGUAGES:
        target_language, page_name = target.parent.name, target.stem
    elif target.suffix == ".md" and target.parent == notebooks_folder:
        target_language, page_name = language, target.name.split(".")[0].lower()
        page_name, anchor = ("index", "") if page_name == "readme" else (page_name, anchor)
    else:
        return None
    return posixpath.relpath(f"{target_language}/{page_name}.html", language) + anchor
