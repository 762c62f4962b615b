"""The page that every report is built on: texts, tables and pictures as HTML, all escaped, in one file."""

import base64
import io
import os
import pathlib
from collections.abc import Collection, Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ftlib import plots
from ftlib.files import written_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 62rem; padding: 1.2rem; background: #fff; color: #222;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans KR", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.25; margin: .3rem 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 .5rem; padding-top: .6rem; border-top: 1px solid #ddd; }
p, li { max-width: 46rem; overflow-wrap: anywhere; orphans: 3; widows: 3; }
.lead { font-size: 1.2rem; }
.small { font-size: .92rem; color: #555; }
p.caption { margin: 1.2rem 0 .3rem; color: #555; }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid #0072B2; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .9rem .3rem 0; text-align: left; vertical-align: top; }
td { border-bottom: 1px solid #e3e3e3; }
th { border-bottom: 2px solid #888; white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
td { overflow-wrap: break-word; max-width: 34rem; } td.short { white-space: nowrap; }
td.long { overflow-wrap: anywhere; min-width: 11rem; }
td.code div { white-space: pre; overflow-x: auto; font: .85rem/1.45 ui-monospace, Menlo, Consolas, monospace; }
tr.best td { font-weight: 600; background: #eef5fa; }
figure { margin: 1rem 0 1.4rem; }
.abreast { display: flex; flex-wrap: wrap; align-items: flex-start; column-gap: 1.5rem; }
.abreast figure { max-width: 100%; }
img { display: block; width: var(--width); max-width: 100%; height: auto; }
pre { background: #f5f5f5; padding: .7rem .9rem; overflow-x: auto; font-size: .9rem; line-height: 1.45; }
.shaded { line-height: 2; } mark { color: inherit; padding: .1rem .15rem; border-radius: .2rem; }
mark { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.broken { color: #a00000; font-weight: 600; }
details { margin: .35rem 0; max-width: 62rem; } details[open] { margin-bottom: 1.2rem; }
summary { cursor: pointer; padding: .15rem 0; overflow-wrap: anywhere; } summary span { color: #555; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: 1.2rem 0; }
nav a { color: #00578a; padding: .15rem 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); gap: .8rem; margin: 1.2rem 0; }
.tiles div { border: 1px solid #d5d5d5; border-left: 4px solid #0072B2; padding: .5rem .8rem; }
.tiles dt { font-size: .88rem; color: #555; } .tiles dd { margin: 0; font-size: 1.25rem; font-weight: 600; }
.tiles dd + dd { font-size: .85rem; font-weight: 400; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 1rem; margin: 1rem 0; }
.cards.wide { grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); }
.card { margin: 0; font-size: .88rem; line-height: 1.4; overflow-wrap: anywhere; break-inside: avoid; }
.card audio { display: block; width: 100%; height: 2.2rem; margin: .2rem 0; }
.card figure { margin: 0; } .card figure img { width: 100%; }
.card .row { display: flex; gap: .4rem; } .card .row > div { flex: 1 1 0; min-width: 0; }
.card img { width: 100%; } .card img.tiny { image-rendering: pixelated; }
.card .row span, .card .row + figcaption { display: block; padding-top: .2rem; }
.card .row span, .card .more { color: #555; }
@media screen and (max-width: 900px) {
  table { font-size: .88rem; } th, td { padding-right: .7rem; }
}
@media screen and (max-width: 640px) {
  body { padding: .8rem; } h1 { font-size: 1.5rem; } .lead { font-size: 1.08rem; }
  pre { font-size: .8rem; } td.code { max-width: 1px; }  /* it scrolls, and leaves the other rows in sight */
  .scroll img { max-width: none; width: max(100%, 0.5 * var(--width)); }
  .scroll picture img { width: 100%; }
  .tiles { grid-template-columns: 1fr 1fr; } .cards { grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); }
}
@media print {
  html { font-size: 10pt; } body { max-width: none; padding: 0; } .scroll { overflow: visible; }
  nav { display: none; } h2 { margin-top: 1.4rem; }
  details::details-content { content-visibility: visible; display: block; height: auto; }
  h2, h2 + p, .caption { break-after: avoid; }
  h2 + p, figure, tr, pre, .keep, .tiles { break-inside: avoid; }
  .abreast { flex-wrap: nowrap; } .abreast figure { flex: 1 1 0; }
  .card audio { display: none; }
  .cards { grid-template-columns: repeat(5, 1fr); gap: .5rem; } .cards.wide { grid-template-columns: 1fr 1fr; }
  pre { white-space: pre-wrap; }
}
"""

_FAINTEST_SHADE = 0.02  # of a word: less is no shade that could be seen
_LONGEST_CELL = 28  # letters of a table's cell that are kept on one line
_SMALL_IMAGE = 64  # pixels: the longer side of images whose every pixel counts, such as a digit
_LARGEST_IMAGE = (320, 320)  # pixels of a photo on the page
_PIXELS_PER_INCH = 96  # of a page


class PageSection(NamedTuple):
    """A section of a page that a link leads to.

    Attributes:
        anchor: The target of the link.
        link_text: What the link says.
        parts: The section's parts, as HTML; a section without any is left out.
    """

    anchor: str
    link_text: str
    parts: list[str]


class Fact(NamedTuple):
    """A number that matters: what it is, its value, and a remark or an empty text."""

    name: str
    value: str
    remark: str


class CaptionedImage(NamedTuple):
    """An image, pixels 0-255 `(height, width, 1 or 3)`, and what stands below it, if anything."""

    pixels: Any
    caption: str


class Card(NamedTuple):
    """Images side by side, and the lines below them, of which the first stands out."""

    images: list[CaptionedImage]
    lines: list[str]


def build_page(title: str, parts: Iterable[str]) -> str:
    """Returns a whole page that needs no other file and no network."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def require_file_path(path: str | os.PathLike) -> pathlib.Path:
    """Returns the path of a page that is to be written, before any work is done for it.

    Raises:
        ValueError: For a path that is a folder.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        raise ValueError(f"Expected a file to write, such as {path / 'report.html'}. Received: the folder {path}.")
    return path


def write_page(html: str, path: pathlib.Path) -> pathlib.Path:
    """Writes a page, whole or not at all, and returns its path; its folder is made if it is missing."""
    with written_whole(path) as part_path:
        part_path.write_text(html, encoding="utf-8", newline="\n")
    return path


def escape_text(text: Any) -> str:
    """Returns text as HTML; a number is not parted from its percent sign."""
    return escape(str(text)).replace(" %", "&nbsp;%")


def heading(text: str, level: int = 2) -> str:
    """Returns a heading."""
    return f"<h{level}>{escape_text(text)}</h{level}>"


def paragraph(text: str, style: str | None = None) -> str:
    """Returns a paragraph, with a class of the style sheet if one is named."""
    return f"<p class={style!r}>{escape_text(text)}</p>" if style else f"<p>{escape_text(text)}</p>"


def keep_together(*parts: str) -> str:
    """Returns parts that stay on one sheet of paper."""
    return '<div class="keep">' + "\n".join(parts) + "</div>"


def side_by_side(*figures: str) -> str:
    """Returns figures beside each other, or one below the other where there is no room."""
    return '<div class="abreast">' + "\n".join(figures) + "</div>"


def bullet_list(lines: Iterable[str]) -> str:
    """Returns a list."""
    return "<ul>" + "".join(f"<li>{escape_text(line)}</li>" for line in lines) + "</ul>"


def shaded_text(pieces: Iterable[tuple[str, float]]) -> str:
    """Returns a text as HTML with a shade behind some of its words.

    Args:
        pieces: Parts of the text in their order, with blanks, each with its weight: above 0 it gets a blue shade, the
            deeper the nearer it is to 1; below 0 an orange one; at 0 none.
    """
    marked = []
    for text, weight in pieces:
        depth = min(1.0, abs(weight))
        if depth < _FAINTEST_SHADE:
            marked.append(escape_text(text))
            continue
        colour = "0,114,178" if weight > 0 else "213,94,0"  # blue and vermilion of Okabe and Ito (2008)
        style = f"background:rgba({colour},{0.6 * depth:.2f})"
        marked.append(f'<mark style="{style}" title="{100 * weight:+.0f} points">{escape_text(text)}</mark>')
    return f'<p class="shaded">{"".join(marked)}</p>'


def code_block(text: str) -> str:
    """Returns lines of code."""
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'


def folded_details(summary: str, remark: str, details: str, is_broken: bool = False) -> str:
    """Returns details behind a line that opens them; on paper they are always open.

    Args:
        summary: What is to be known without opening it.
        remark: A few words after it, or an empty text.
        details: What is folded, as HTML.
        is_broken: Whether the line reports something broken: then it stands out, and the details are open.
    """
    summary_line = f"<strong{_attribute('class=broken', is_broken)}>{escape_text(summary)}</strong>"
    if remark:
        summary_line += f" <span>{escape_text(remark)}</span>"
    opened = _attribute("open", is_broken)
    return f"<details{opened}>\n<summary>{summary_line}</summary>\n{details}\n</details>"


def linked_sections(sections: Iterable[PageSection]) -> list[str]:
    """Returns sections below links to them; those without parts are left out."""
    present_sections = [section for section in sections if section.parts]
    links = "\n".join(
        f'<a href="#{section.anchor}">{escape_text(section.link_text)}</a>' for section in present_sections
    )
    bodies = [
        f'<section id="{section.anchor}">\n' + "\n".join(section.parts) + "\n</section>" for section in present_sections
    ]
    return [f'<nav aria-label="Contents">{links}</nav>', *bodies]


def fact_tiles(facts: Iterable[Fact]) -> str:
    """Returns the few numbers that matter most, side by side."""
    tiles = []
    for fact in facts:
        remark = f"<dd>{escape_text(fact.remark)}</dd>" if fact.remark else ""
        tiles.append(f"<div><dt>{escape_text(fact.name)}</dt><dd>{escape_text(fact.value)}</dd>{remark}</div>")
    return '<dl class="tiles">' + "".join(tiles) + "</dl>"


def image_gallery(cards: Iterable[Card], wide: bool = False) -> str:
    """Returns images with words below, in as many columns as the page has room for.

    Args:
        cards: What to show.
        wide: Whether a card holds several images.
    """
    figures = "\n".join(map(_card_figure, cards))
    return f'<div class="cards{" wide" if wide else ""}">{figures}</div>'


def sound_cards(cards: Iterable[tuple[str, str, list[str]]]) -> str:
    """Returns sounds with words below, in as many columns as the page has room for.

    Args:
        cards: For each its picture and its player, as HTML, and the lines below, of which the first stands out.
    """
    figures = []
    for picture, player, (title, *more_lines) in cards:
        text_below = "".join(f'<br><span class="more">{escape_text(line)}</span>' for line in more_lines)
        words = f"<strong>{escape_text(title)}</strong>{text_below}"
        figures.append(f'<div class="card">{picture}{player}<div>{words}</div></div>')
    return '<div class="cards wide">' + "\n".join(figures) + "</div>"


def audio_player(wav_bytes: bytes, label: str) -> str:
    """Returns a sound that can be played inside the page.

    Args:
        wav_bytes: Of a WAV file.
        label: What it is, for those who do not see the page.
    """
    source = f"data:audio/wav;base64,{base64.b64encode(wav_bytes).decode('ascii')}"
    return f'<audio controls preload="metadata" aria-label="{escape(label)}" src="{source}"></audio>'


def _card_figure(card):
    title, *more_lines = card.lines
    image_cells = ""
    for pixels, caption in card.images:
        caption_below = f"<span>{escape_text(caption)}</span>" if caption else ""
        image_cells += f"<div>{inline_image(pixels, f'{title} {caption}'.strip())}{caption_below}</div>"
    text_below = "".join(f'<br><span class="more">{escape_text(line)}</span>' for line in more_lines)
    return (
        f'<figure class="card"><div class="row">{image_cells}</div>'
        f"<figcaption><strong>{escape_text(title)}</strong>{text_below}</figcaption></figure>"
    )


def inline_image(pixels: Any, alt: str) -> str:
    """Returns pixels 0-255, `(height, width, 1 or 3)`, as an image inside the page."""
    from PIL import Image

    pixels = np.clip(np.asarray(pixels), 0, 255).astype("uint8")
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    is_small = max(image.size) <= _SMALL_IMAGE
    file = io.BytesIO()
    if is_small:
        image.save(file, "PNG", optimize=True)
    else:
        image.thumbnail(_LARGEST_IMAGE)
        image.save(file, "JPEG", quality=85)
    source = _data_url("png" if is_small else "jpeg", file.getvalue())
    return f'<img{_attribute("class=tiny", is_small)} src="{source}" alt="{escape(alt)}">'


def data_table(
    column_names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    caption: str,
    numbers: Collection[int] = (),
    best: int | None = None,
) -> str:
    """Returns a table that scrolls by itself where the page is narrow.

    Args:
        column_names: One string per column.
        rows: Lists of values.
        caption: Says what the table holds.
        numbers: The columns to align at the right.
        best: The number of the row to mark. Default None: no row.
    """
    body_lines = []
    for index, row in enumerate(rows):
        cells = "".join(_table_cell(value, column in numbers) for column, value in enumerate(row))
        body_lines.append(f"<tr{_attribute('class=best', index == best)}>{cells}</tr>")
    head_cells = "".join(
        f'<th scope="col"{_attribute("class=number", column in numbers)}>{escape_text(text)}</th>'
        for column, text in enumerate(column_names)
    )
    return (
        f'<p class="caption">{escape_text(caption)}</p>\n'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>\n'
        f"<thead><tr>{head_cells}</tr></thead>\n<tbody>\n" + "\n".join(body_lines) + "\n</tbody>\n</table></div>"
    )


def _table_cell(value, is_number):
    text = str(value)
    style = _cell_style(text, is_number)
    content = f'<div tabindex="0">{escape(text)}</div>' if style == "code" else escape_text(text)
    return f"<td class={style}>{content}</td>"


def _cell_style(text, is_number):
    """Returns the class of a cell in the style sheet."""
    if text == "BROKEN":
        return "broken"
    if is_number:
        return "number"
    if "\n" in text:
        return "code"
    return "short" if len(text) <= _LONGEST_CELL else "long"


def figure_image(figure: "Figure", alt: str, narrow_figure: "Figure | None" = None) -> str:
    """Returns a figure as an image inside the page.

    Args:
        figure: A Matplotlib figure.
        alt: What it shows, in words.
        narrow_figure: The figure that a phone shows in its place. Default None: the same.
    """
    page_width = round(figure.get_figwidth() * _PIXELS_PER_INCH)
    image_tag = f'<img src="{_figure_url(figure)}" alt="{escape(alt)}" style="--width: {page_width}px">'
    if narrow_figure is not None:
        source_tag = f'<source media="screen and (max-width: 640px)" srcset="{_figure_url(narrow_figure)}">'
        image_tag = f"<picture>{source_tag}{image_tag}</picture>"
    return f'<figure class="scroll" tabindex="0">{image_tag}</figure>'


def _figure_url(figure):
    return _data_url("png", plots.png(figure))


def _data_url(image_format, data):
    return f"data:image/{image_format};base64," + base64.b64encode(data).decode("ascii")


def _attribute(text, is_set):
    """Returns an attribute of an HTML tag with the blank before it, or nothing."""
    return f" {text}" if is_set else ""
