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


def code(source, language="python"):
    """Returns highlighted code; in a language that Pygments does not know, plain."""
    try:
        return highlight(source, get_lexer_by_name(language, stripnl=False), _CLASSES).rstrip("\n")
    except ClassNotFound:
        return html.escape(source.rstrip("\n"))


def math(tex, options):
    """Returns MathML, which browsers draw by themselves."""
    display = "block" if options["display_mode"] else "inline"
    braces = re.sub(r"\\[{}]", "", tex)
    try:
        if braces.count("{") != braces.count("}"):
            raise ValueError
        made = convert(" ".join(tex.split()), display=display)
    except Exception:  # the package raises many kinds
        raise SiteError(f"the formula {tex.strip()} cannot be read") from None
    unknown = re.search(r"\\\w+", html.unescape(made))
    if unknown:
        raise SiteError(f"the formula {tex.strip()} has a command that is not known: {unknown[0]}")
    return made


def _parser():
    md = MarkdownIt("commonmark", {"html": True, "highlight": lambda text, name, _: code(text, name or "text")})
    md.enable("table")
    md.use(dollarmath_plugin, allow_space=False, allow_digits=False, allow_labels=False, renderer=math)
    md.add_render_rule("table_open", lambda *_: '<div class="scroll"><table>\n')
    md.add_render_rule("table_close", lambda *_: "</table></div>\n")
    return md


_MARKDOWN = _parser()


def plain(token):
    """Returns the text of an inline token, without marks and formulas."""
    spaces = {"softbreak": " ", "hardbreak": " ", "math_inline": "…"}
    kinds = ("text", "code_inline", "image", *spaces)
    text = "".join(spaces.get(t.type, t.content) for t in token.children if t.type in kinds)
    return re.sub(r"\s+", " ", text).strip()


def prose(source, cell, follow):
    """Renders a Markdown cell.

    Args:
        source: Markdown.
        cell: Id of the cell, which its first heading takes over.
        follow: Function that says where a link leads on the site; None takes the link away from its text.

    Returns:
        HTML; and a list of `(heading or None, text)`, in their order.
    """
    tokens, found = _MARKDOWN.parse(source), []
    for at, token in enumerate(tokens):
        if token.type == "heading_open":
            level, text = int(token.tag[1]), plain(tokens[at + 1])
            count = sum(heading is not None for heading, _ in found)
            # At the top of a cell, its id leads to the heading. Others are counted, which both editions have in common.
            anchor = cell if at == 0 else f"{cell}-{count + 1}"
            if at:
                token.attrSet("id", anchor)
            found.append((Heading(anchor, level, text), ""))
            _add_permalink(tokens[at + 1], anchor)
        elif token.type == "inline":
            _lead(token.children, follow)
            if "**" in "".join(child.content for child in token.children if child.type == "text"):
                raise SiteError(f"its stars would be seen, as Markdown takes them for no bold text: {plain(token)!r}")
            if tokens[at - 1].type != "heading_open":
                found.append((None, plain(token)))
        elif token.type == "fence":
            found.append((None, token.content))
    return _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}), found


def _lead(children, follow):
    """Turns links to where they lead on the site."""
    places = []
    for child in children:
        if child.type == "link_open":
            places.append(follow(child.attrGet("href")))
            child.attrSet("href", places[-1] or "")
            lost = places[-1] is None
        elif child.type == "link_close":
            lost = places.pop() is None
        else:
            continue
        if lost:
            child.type = "html_inline"  # with no content: nothing is left of it


def _add_permalink(inline, anchor):
    """Adds the sign that appears beside a heading. Those who use no mouse have the table of contents for it."""
    link = f'<a class="here" href="#{anchor}" aria-hidden="true" tabindex="-1">#</a>'
    inline.children.append(Token("html_inline", "", 0, content=link))


def output(one):
    """Renders an output of a code cell.

    Args:
        one: The output.

    Returns:
        HTML; what the search finds of it; and the picture as `(name, bytes)`, or None.
    """
    if one.output_type == "stream":
        return _printed(one.text), "", None
    data = one.get("data", {})
    if "image/png" in data:
        about = one.metadata.get("image/png", {})
        alt = about.get("alt", "").strip()
        if not alt:
            raise SiteError("a figure has no alt text. Show it with ft.show(fig, alt=...).")
        picture = base64.b64decode(data["image/png"])
        width, height = _size(picture)
        shown = about.get("width", width)
        # Named by their content: both editions share the file, and a browser never shows an old one.
        name = f"figures/{hashlib.sha256(picture).hexdigest()[:16]}.png"
        size = f'width="{shown}" height="{round(height * shown / width)}"'
        image = f'<img src="../{name}" alt="{html.escape(alt)}" {size}>'
        return f'<figure class="output" lang="en"><a href="../{name}">{image}</a></figure>', alt, (name, picture)
    if "text/plain" in data:
        return _printed(data["text/plain"]), "", None
    raise SiteError(f"outputs are text and ft.show figures. Received: {one.output_type} {list(data)}.")


def _printed(text):
    return f'<pre class="output" lang="en">{html.escape(text.rstrip())}</pre>'


def _size(picture):
    if picture[:8] != b"\x89PNG\r\n\x1a\n":
        raise SiteError("a figure is no PNG.")
    return struct.unpack(">II", picture[16:24])
