"""The API reference: a page per room of `ftlib`, with the public names, read from signatures and docstrings by pdoc."""

import functools
import importlib
import inspect
import re
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markupsafe import Markup
from pdoc import doc, docstrings, render_helpers

import ftlib
from pages.render import highlight_code

# As a reader meets them: from data over a model and its training to what is shown and taken away.
ROOMS = (
    "tasks",
    "models",
    "objectives",
    "strategies",
    "training",
    "evidence",
    "plots",
    "report",
    "exports",
    "course",
    "score",
    "errors",
)


@dataclass
class Entry:
    """A public name, or a method of one."""

    name: str  # as a user writes it: `fit`, `plots.bars`, `Run.summary`
    kind: str  # "class", "function", "method" or "property"
    signature: Markup
    first_sentence: Markup
    body: Markup
    text: str  # for the search
    members: list["Entry"]


@dataclass
class Room:
    """A page of the reference."""

    name: str
    about: Markup  # the room's own docstring
    entries: list[Entry]

    @property
    def title(self) -> str:
        return self.name.capitalize()


@functools.cache
def read_rooms() -> tuple[Room, ...]:
    """Returns the pages of the reference in the order of `ROOMS`."""
    return tuple(_read_room(room) for room in ROOMS)


def describe_library() -> Markup:
    """Returns what `ftlib` says about itself, with its example."""
    return Markup(_render(inspect.getdoc(ftlib) or ""))


def make_search_rows() -> list[list[str]]:
    """Returns a row of the search's index for each name: place, page, heading and text."""
    return [
        [f"api/{room.name}.html#{entry.name}", f"{room.title} (API)", entry.name, entry.text]
        for room in read_rooms()
        for top in room.entries
        for entry in [top, *top.members]
    ]


def public_names() -> dict[str, dict[str, object]]:
    """Returns the objects that users may name, by room; those of `ft.plots` begin with `plots.`."""
    names_by_room = {room: {} for room in ROOMS}
    for module, names in ftlib._PUBLIC.items():
        names_by_room[module.partition(".")[0]] |= {name: getattr(ftlib, name) for name in names}
    plots = importlib.import_module("ftlib.plots")
    names_by_room["plots"] |= {f"plots.{name}": getattr(plots, name) for name in plots.__all__ if name != "show"}
    return names_by_room


@functools.cache
def _room_of_name() -> dict[str, str]:
    return {name: room for room, names in public_names().items() for name in names}


def _read_room(room):
    module = importlib.import_module(f"ftlib.{room}")
    entries = [_read_entry(name, value) for name, value in public_names()[room].items()]
    return Room(room, Markup(_render(inspect.getdoc(module) or "")), entries)


def _read_entry(name, value):
    origin = (value.__module__, value.__qualname__)
    if inspect.isclass(value):
        documented = doc.Class(*origin, value, origin)
        members = [_read_member(name, member) for member in documented.own_members if _is_shown(member)]
        constructor = documented.get("__init__")
        is_shown = isinstance(constructor, doc.Function) and not issubclass(value, Exception)
        signature = constructor.signature_without_self if is_shown else None
        return _make_entry(name, "class", signature, documented.docstring, members)
    documented = doc.Function(*origin, value, origin)
    return _make_entry(name, "function", documented.signature, documented.docstring)


def _is_shown(member):
    return bool(member.docstring) and not member.name.startswith("_")


def _read_member(owner, member):
    name = f"{owner}.{member.name}"
    if member.kind == "function":
        return _make_entry(name, "method", member.signature_without_self, member.docstring)
    return _make_entry(name, "property", None, member.docstring)


def _make_entry(name, kind, signature, docstring, members=()):
    formatted_signature = _format_signature(signature) if signature else Markup()
    describe_library = docstring.partition("\n\n")[0]
    return Entry(
        name=name,
        kind=kind,
        signature=formatted_signature,
        first_sentence=Markup(_MARKDOWN.renderInline(describe_library)),
        body=Markup(_render(docstring)),
        text=" ".join(docstring.split()),
        members=list(members),
    )


# Classes are shown as users name them: keras.Model, not keras.src.models.model.Model, and Task without its module.
_DOT = r'<span class="o">\.</span>'
_MODULES = rf'(?:<span class="n">[a-z_]+</span>{_DOT})*'
_KERAS_MODULES = re.compile(rf'(<span class="n">keras</span>{_DOT})<span class="n">src</span>{_DOT}{_MODULES}')
_FTLIB_MODULES = re.compile(rf'<span class="n">ftlib</span>{_DOT}{_MODULES}')


def _format_signature(signature):
    # A plain string: what a pattern leaves of Markup would be escaped a second time.
    formatted = str(render_helpers.format_signature(signature, colon=False))
    return Markup(_FTLIB_MODULES.sub("", _KERAS_MODULES.sub(r"\1", formatted)))


# Its lines begin where the heading does, and end at an empty one; or they are indented.
_EXAMPLE = re.compile(r"^Examples?:\n((?:\S.*\n)+|(?:\n|[ \t]+.*\n)+)", re.M)

_DIRECTIVE = re.compile(r" *# doctest: \S+")  # says something to the tests, not to readers


def _render(docstring):
    """Renders a docstring in Google style; examples become blocks of code first, since `>>>` quotes in Markdown."""
    with_blocks = _EXAMPLE.sub(lambda match: f"###### Example:\n\n{_fence(match[1])}\n", docstring + "\n")
    return _MARKDOWN.render(docstrings.google(with_blocks))


def _fence(lines):
    example = _DIRECTIVE.sub("", inspect.cleandoc(lines))
    language = "pycon" if example.startswith(">>>") else "python"
    return f"```{language}\n{example}\n```\n"


def _link_to_name(self, tokens, index, options, env):
    """Renders code between backticks, as a link where it is a public name."""
    text = tokens[index].content
    rendered = f"<code>{Markup.escape(text)}</code>"
    name = text.removeprefix("ft.").removesuffix("()")
    room = _room_of_name().get(name)
    return f'<a href="{room}.html#{name}">{rendered}</a>' if room else rendered


def _make_parser():
    parser = MarkdownIt(
        "commonmark", {"html": False, "highlight": lambda text, language, _: highlight_code(text, language or "python")}
    )
    parser.enable("table")
    parser.add_render_rule("code_inline", _link_to_name)
    # The sections of a docstring are no headings of the page.
    parser.add_render_rule("heading_open", lambda *_: '<p class="section">')
    parser.add_render_rule("heading_close", lambda *_: "</p>\n")
    return parser


_MARKDOWN = _make_parser()
