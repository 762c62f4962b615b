"""Text, code and outputs of a notebook as HTML."""

import base64
import hashlib
import html
import re
import struct
from dataclasses import dataclass, field

from latex2mathml.converter import convert
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

_CLASSES = HtmlFormatter(nowrap=True)


class SiteError(Exception):
    """What the author has to mend, with the place."""


@dataclass
class Heading:
    anchor: str
    level: int
    text: str
    words: list = field(default_factory=list)  # what stands under it, for the search


def highlight_code(source, language="python"):
    """Returns highlighted code; in a language that Pygments does not know, plain."""
    try:
        return highlight(source, get_lexer_by_name(language, stripnl=False), _CLASSES).rstrip("\n")
    except ClassNotFound:
        return html.escape(source.rstrip("\n"))


def render_formula(tex, options):
    """Returns MathML, which browsers draw by themselves."""
    display = "block" if options["display_mode"] else "inline"
    braces = re.sub(r"\\[{}]", "", tex)
    try:
        if braces.count("{") != braces.count("}"):
            raise ValueError
        mathml = convert(" ".join(tex.split()), display=display)
    except Exception:  # the package raises many kinds
        raise SiteError(f"the formula {tex.strip()} cannot be read") from None
    unknown_command = re.search(r"\\\w+", html.unescape(mathml))
    if unknown_command:
        raise SiteError(f"the formula {tex.strip()} has a command that is not known: {unknown_command[0]}")
    return mathml


def _make_parser():
    parser = MarkdownIt(
        "commonmark", {"html": True, "highlight": lambda text, name, _: highlight_code(text, name or "text")}
    )
    parser.enable("table")
    parser.use(dollarmath_plugin, allow_space=False, allow_digits=False, allow_labels=False, renderer=render_formula)
    parser.add_render_rule("table_open", lambda *_: '<div class="scroll"><table>\n')
    parser.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return parser


_MARKDOWN = _make_parser()


def plain_text(token):
    """Returns the text of an inline token, without marks and formulas."""
    texts_by_kind = {"softbreak": " ", "hardbreak": " ", "math_inline": "…"}
    text_kinds = ("text", "code_inline", "image", *texts_by_kind)
    text = "".join(texts_by_kind.get(t.type, t.content) for t in token.children if t.type in text_kinds)
    return re.sub(r"\s+", " ", text).strip()


def render_markdown(source, cell, follow):
    """Renders a Markdown cell.

    Args:
        source: Markdown.
        cell: Id of the cell, which its first heading takes over.
        follow: Function that says where a link leads on the site; None takes the link away from its text.

    Returns:
        HTML; and a list of `(heading or None, text)`, in their order.
    """
    tokens, contents = _MARKDOWN.parse(source), []
    for position, token in enumerate(tokens):
        if token.type == "heading_open":
            heading_level, heading_text = int(token.tag[1]), plain_text(tokens[position + 1])
            heading_count = sum(heading is not None for heading, _ in contents)
            # At the top of a cell, its id leads to the heading. Others are counted, which both editions have in common.
            anchor = cell if position == 0 else f"{cell}-{heading_count + 1}"
            if position:
                token.attrSet("id", anchor)
            contents.append((Heading(anchor, heading_level, heading_text), ""))
            _add_permalink(tokens[position + 1], anchor)
        elif token.type == "inline":
            _redirect_links(token.children, follow)
            if "**" in "".join(child.content for child in token.children if child.type == "text"):
                raise SiteError(
                    f"its stars would be seen, as Markdown takes them for no bold text: {plain_text(token)!r}"
                )
            if tokens[position - 1].type != "heading_open":
                contents.append((None, plain_text(token)))
            _keep_percent_signs(token.children)
        elif token.type == "fence":
            contents.append((None, token.content))
    return _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}), contents


def _keep_percent_signs(children):
    """Takes care that no line begins with the percent sign of a number, nor with the Korean ending after it."""
    for child in children:
        if child.type == "text":
            child.content = re.sub(r"(?<=\d) %", "\N{NO-BREAK SPACE}%", child.content)
            child.content = re.sub(r"(?<=\d%)(?=[가-힣])", "\N{WORD JOINER}", child.content)


def _redirect_links(children, follow):
    """Turns links to where they lead on the site."""
    open_links = []
    for child in children:
        if child.type == "link_open":
            open_links.append(follow(child.attrGet("href")))
            child.attrSet("href", open_links[-1] or "")
            leads_nowhere = open_links[-1] is None
        elif child.type == "link_close":
            leads_nowhere = open_links.pop() is None
        else:
            continue
        if leads_nowhere:
            child.type = "html_inline"  # with no content: nothing is left of it


def _add_permalink(inline, anchor):
    """Adds the sign that appears beside a heading. Those who use no mouse have the table of contents for it."""
    link = f'<a class="here" href="#{anchor}" aria-hidden="true" tabindex="-1">#</a>'
    inline.children.append(Token("html_inline", "", 0, content=link))


def render_output(cell_output):
    """Renders an output of a code cell.

    Args:
        cell_output: The output.

    Returns:
        HTML; what the search finds of it; and the picture as `(name, bytes)`, or None.
    """
    if cell_output.output_type == "stream":
        return _render_text(cell_output.text), "", None
    data = cell_output.get("data", {})
    if "image/png" in data:
        image_metadata = cell_output.metadata.get("image/png", {})
        alt_text = image_metadata.get("alt", "").strip()
        if not alt_text:
            raise SiteError("a figure has no alt text. Show it with ft.show(fig, alt=...).")
        picture = base64.b64decode(data["image/png"])
        width, height = _png_size(picture)
        shown_width = image_metadata.get("width", width)
        # Named by their content: both editions share the file, and a browser never shows an old one.
        file_name = f"figures/{hashlib.sha256(picture).hexdigest()[:16]}.png"
        size_attributes = f'width="{shown_width}" height="{round(height * shown_width / width)}"'
        image_tag = f'<img src="../{file_name}" alt="{html.escape(alt_text)}" {size_attributes}>'
        return (
            f'<figure class="output" lang="en"><a href="../{file_name}">{image_tag}</a></figure>',
            alt_text,
            (file_name, picture),
        )
    if "text/plain" in data:
        return _render_text(data["text/plain"]), "", None
    raise SiteError(f"outputs are text and ft.show figures. Received: {cell_output.output_type} {list(data)}.")


def _render_text(text):
    """Returns text in which sentences are broken to the width of the page, and the lines of tables are not."""
    lines = [
        f'<span class="aligned">{html.escape(line)}</span>' if _has_columns(line) else html.escape(line)
        for line in text.rstrip().split("\n")
    ]
    return '<pre class="output" lang="en">' + "\n".join(lines) + "</pre>"


def _has_columns(line):
    """Returns whether there are gaps in a line, as between the columns of a table."""
    return "  " in line.strip()


def _png_size(picture):
    if picture[:8] != b"\x89PNG\r\n\x1a\n":
        raise SiteError("a figure is no PNG.")
    return struct.unpack(">II", picture[16:24])
