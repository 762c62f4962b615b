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

from pages.render import Heading, SiteError, code, output, prose

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
        return self.name[:2] if self.notebook else None

    @property
    def part(self):
        found = [part for part in PARTS if part["first"] <= int(self.number)][-1]
        return {"id": found["id"], "name": found[self.language]}

    def places(self):
        """Returns all anchors, which both editions must have in common."""
        return self.cells, [heading.anchor for heading in self.headings]


def read_lesson(path, language):
    """Returns the page of a notebook.

    Raises:
        SiteError: For a notebook that was not executed, a figure without alt text, a link that leads nowhere.
    """
    where, raw = f"{language}/{path.name}", path.read_bytes()
    try:
        book = nbformat.reads(raw.decode("utf-8"), as_version=4)
    except ValueError:
        raise SiteError(f"{where} is no notebook. Run `make notebooks`.") from None
    page, parts = Page(path.stem, language, raw), []
    for at, cell in enumerate(book.cells):
        if "bootstrap" in cell.metadata.get("tags", []):
            continue  # it does nothing but fetch the course on Colab
        page.cells.append(cell.id)
        try:
            if cell.cell_type == "code":
                parts.append(_code(cell, page))
            elif cell.cell_type == "markdown":
                source = _take_title(cell.source, page) if at == 0 else cell.source
                parts.append(_prose(source, cell.id, page, path.parent, opens=at == 0))
        except SiteError as error:
            raise SiteError(f"{where}, cell {cell.id}: {error}") from None
    if not page.title:
        raise SiteError(f"{where}: the first cell is the title, '# ...'.")
    page.body = Markup("\n".join(parts))
    return page


def read_text(path, language):
    """Returns the page of a Markdown file in the folder of the notebooks.

    Raises:
        SiteError: For a file without a title, or a link that leads nowhere.
    """
    page = Page(path.name.split(".")[0].lower(), language, cells=["text"])
    try:
        source = _take_title(path.read_text(encoding="utf-8"), page)
        page.body = Markup(_prose(source, "text", page, path.parent, opens=True))
    except SiteError as error:
        raise SiteError(f"{path.name}: {error}") from None
    if not page.title:
        raise SiteError(f"{path.name}: the first line is the title, '# ...'.")
    return page


def _take_title(source, page):
    """Takes the title and the line of links below it, which the page has elsewhere, out of the text."""
    title, _, rest = source.partition("\n")
    if not title.startswith("# "):
        return source
    page.title = title.removeprefix("# ").strip()
    page.headings.append(Heading("main", 2, page.title))
    rest = rest.lstrip("\n")
    links, _, after = rest.partition("\n")
    if re.match(r"\[({})\]\(".format("|".join(words["name"] for words in WORDS.values())), links):
        colab = re.search(r"\[Colab\]\(([^)]+)\)", links)
        page.colab = colab[1] if colab else None
        return after
    return rest


def _prose(source, cell, page, folder, opens=False):
    text, found = prose(source, cell, functools.partial(_follow, folder=folder, language=page.language))
    for heading, words in found:
        if heading is not None:
            page.headings.append(heading)
        elif page.headings:
            page.headings[-1].words.append(words)
    if opens:
        paragraphs = [words for _, words in found]
        page.opening = next(filter(None, paragraphs), "")
        page.facts = next((words[1:].strip() for words in paragraphs if words.startswith("⏱")), "")
        text = text.replace("<p>⏱ ", '<p class="facts">')  # a sign that not every system can draw
    kind = " opening" if opens and page.notebook else ""
    return f'<div class="cell prose{kind}" id="{cell}">\n{text}</div>'


def _code(cell, page):
    if cell.execution_count is None:
        raise SiteError("it was not executed. Run `make notebooks` first.")
    exercise = "exercise" in cell.metadata.get("tags", [])
    parts = [f'<div class="cell code{" exercise" * exercise}" id="{cell.id}">']
    if exercise:
        parts.append(f'<p class="turn">{WORDS[page.language]["exercise"]}</p>')
    parts.append(f'<pre class="source" lang="en" translate="no"><code>{code(cell.source)}</code></pre>')
    words = [cell.source]
    for one in cell.outputs:
        text, alt, picture = output(one)
        parts.append(text)
        words.append(alt)
        if picture:
            page.figures[picture[0]] = picture[1]
    if page.headings:
        page.headings[-1].words += words
    return "\n".join([*parts, "</div>"])


def _follow(href, folder, language):
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
    top = folder.parent if folder.name in LANGUAGES else folder
    anchor = f"#{address.fragment}" if address.fragment else ""
    if target.suffix == ".ipynb" and target.parent.parent == top and target.parent.name in LANGUAGES:
        to, page = target.parent.name, target.stem
    elif target.suffix == ".md" and target.parent == top:
        to, page = language, target.name.split(".")[0].lower()
        page, anchor = ("index", "") if page == "readme" else (page, anchor)
    else:
        return None
    return posixpath.relpath(f"{to}/{page}.html", language) + anchor
