"""Parts of a page: text, tables and pictures as HTML, with everything escaped."""

import base64
import io
import math
import os
import pathlib
from html import escape

import numpy as np

from ftlib import plots

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
td.code { white-space: pre; font: .85rem/1.45 ui-monospace, Menlo, Consolas, monospace; }
tr.best td { font-weight: 600; background: #eef5fa; }
figure { margin: 1rem 0 1.4rem; }
.abreast { display: flex; flex-wrap: wrap; align-items: flex-start; column-gap: 1.5rem; }
.abreast figure { max-width: 100%; }
img { display: block; width: var(--width); max-width: 100%; height: auto; }
pre { background: #f5f5f5; padding: .7rem .9rem; overflow-x: auto; font-size: .9rem; line-height: 1.45; }
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
.card .row { display: flex; gap: .4rem; } .card .row > div { flex: 1 1 0; min-width: 0; }
.card img { width: 100%; } .card img.tiny { image-rendering: pixelated; }
.card .row span, .card .row + figcaption { display: block; padding-top: .2rem; }
.card .row span, .card .more { color: #555; }
@media screen and (max-width: 640px) {
  body { padding: .8rem; } h1 { font-size: 1.5rem; } .lead { font-size: 1.08rem; }
  table { font-size: .92rem; }
  .scroll img { max-width: none; width: max(100%, 0.55 * var(--width)); }
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
  .cards { grid-template-columns: repeat(5, 1fr); gap: .5rem; } .cards.wide { grid-template-columns: 1fr 1fr; }
  pre { white-space: pre-wrap; }
}
"""


def page(title, parts):
    """Returns a whole page that needs no other file and no network."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def file_to_write(path):
    """Returns the path of a page that is to be written, before any work is done for it.

    Raises:
        ValueError: For a path that is a folder.
    """
    path = pathlib.Path(path)
    if path.is_dir():
        raise ValueError(f"Expected a file to write, such as {path / 'report.html'}. Received: the folder {path}.")
    return path


def write_page(html, path):
    """Writes a page, whole or not at all, and returns its path; its folder is made if it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(html, encoding="utf-8", newline="\n")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path


def words(text):
    """Returns text as HTML; a number is not parted from its percent sign."""
    return escape(str(text)).replace(" %", "&nbsp;%")


def heading(text, level=2):
    """Returns a heading."""
    return f"<h{level}>{words(text)}</h{level}>"


def paragraph(text, style=None):
    """Returns a paragraph, with a class of the style sheet."""
    return f"<p class={style!r}>{words(text)}</p>" if style else f"<p>{words(text)}</p>"


def keep(*parts):
    """Returns parts that stay on one sheet of paper."""
    return '<div class="keep">' + "\n".join(parts) + "</div>"


def abreast(*pictures):
    """Returns pictures beside each other, or below where there is no room."""
    return '<div class="abreast">' + "\n".join(pictures) + "</div>"


def bullets(lines):
    """Returns a list."""
    return "<ul>" + "".join(f"<li>{words(line)}</li>" for line in lines) + "</ul>"


def folded(line, more, part, broken=False):
    """Returns a part behind a line that opens it: closed on a screen unless something in it is broken, open on paper.

    Args:
        line: What is to be known without opening it.
        more: A few words after it, or an empty text.
        part: The part, as HTML.
        broken: Whether the line tells of something broken.
    """
    line = f"<strong{' class=broken' * broken}>{words(line)}</strong>" + f" <span>{words(more)}</span>" * bool(more)
    return f"<details{' open' * broken}>\n<summary>{line}</summary>\n{part}\n</details>"


def sections(listed):
    """Returns sections under links to them.

    Args:
        listed: List of `(anchor, text of the link, parts)`; those without parts are left out.
    """
    listed = [row for row in listed if row[2]]
    links = "\n".join(f'<a href="#{anchor}">{words(text)}</a>' for anchor, text, _ in listed)
    return [
        f'<nav aria-label="Contents">{links}</nav>',
        *(f'<section id="{anchor}">\n' + "\n".join(parts) + "\n</section>" for anchor, _, parts in listed),
    ]


def tiles(facts):
    """Returns the few numbers that matter most, side by side.

    Args:
        facts: Rows `(what it is, its value, a remark or "")`.
    """
    cells = [
        f"<div><dt>{words(what)}</dt><dd>{words(value)}</dd>{f'<dd>{words(more)}</dd>' * bool(more)}</div>"
        for what, value, more in facts
    ]
    return '<dl class="tiles">' + "".join(cells) + "</dl>"


def gallery(cards, wide=False):
    """Returns photos with words below, in as many columns as the page has room for.

    Args:
        cards: Rows `(photos, lines)`: `photos` is a list of `(pixels, caption)`, pixels as `photo` takes them, and
            `lines` says what they show; the first line stands out.
        wide: Whether a card holds several photos.
    """
    made = []
    for photos, lines in cards:
        shown = ""
        for pixels, caption in photos:
            below = f"<span>{words(caption)}</span>" if caption else ""
            shown += f"<div>{photo(pixels, f'{lines[0]} {caption}'.strip())}{below}</div>"
        told = "".join(f'<br><span class="more">{words(line)}</span>' for line in lines[1:])
        made.append(
            f'<figure class="card"><div class="row">{shown}</div>'
            f"<figcaption><strong>{words(lines[0])}</strong>{told}</figcaption></figure>"
        )
    return f'<div class="cards{" wide" * wide}">' + "\n".join(made) + "</div>"


def photo(pixels, alt):
    """Returns pixels 0-255, `(height, width, 1 or 3)`, as an image inside the page."""
    from PIL import Image

    pixels = np.clip(np.asarray(pixels), 0, 255).astype("uint8")
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    tiny = max(image.size) <= 64  # such as a digit, whose every pixel counts
    file = io.BytesIO()
    if tiny:
        image.save(file, "PNG", optimize=True)
    else:
        image.thumbnail((320, 320))
        image.save(file, "JPEG", quality=85)
    data = base64.b64encode(file.getvalue()).decode("ascii")
    return f'<img{" class=tiny" * tiny} src="data:image/{"png" if tiny else "jpeg"};base64,{data}" alt="{escape(alt)}">'


def code(text):
    """Returns lines of code."""
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'


def table(head, rows, caption, numbers=(), best=None):
    """Returns a table that scrolls by itself where the page is narrow.

    Args:
        head: One string per column.
        rows: Lists of values.
        caption: Says what the table holds.
        numbers: The columns to align at the right.
        best: The number of the row to mark.
    """
    lines = []
    for i, row in enumerate(rows):
        cells = "".join(_cell(value, column in numbers) for column, value in enumerate(row))
        lines.append(f"<tr{' class=best' if i == best else ''}>{cells}</tr>")
    top = "".join(
        f'<th scope="col"{" class=number" if column in numbers else ""}>{words(text)}</th>'
        for column, text in enumerate(head)
    )
    return (
        f'<p class="caption">{words(caption)}</p>\n'
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption)}"><table>\n'
        f"<thead><tr>{top}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody>\n</table></div>"
    )


def _cell(value, number):
    text = str(value)
    kind = "number" if number else "code" if "\n" in text else "short" if len(text) <= 28 else ""
    if text == "BROKEN":
        kind = "broken"
    return f"<td class={kind}>{words(text)}</td>" if kind else f"<td>{words(text)}</td>"


def picture(fig, alt, narrow=None):
    """Returns a figure as an image inside the page.

    Args:
        fig: A Matplotlib figure.
        alt: What it shows, in words.
        narrow: The figure that a phone shows instead, or None.
    """
    width = round(fig.get_figwidth() * 96)
    image = f'<img src="{_source(fig)}" alt="{escape(alt)}" style="--width: {width}px">'
    if narrow is not None:
        image = f'<picture><source media="screen and (max-width: 640px)" srcset="{_source(narrow)}">{image}</picture>'
    return f'<figure class="scroll" tabindex="0">{image}</figure>'


def _source(fig):
    return "data:image/png;base64," + base64.b64encode(plots.png(fig)).decode("ascii")


def known(value):
    """Returns whether a number is there: neither None nor NaN."""
    return value is not None and not math.isnan(value)


def percent(value):
    """Returns "96.4 %", or nothing for a number that is not there."""
    return plots.percent(value) if known(value) else ""


def span(low, high):
    """Returns "95.2 to 97.1 %", or that there is no interval."""
    return f"{100 * low:.1f} to {plots.percent(high)}" if known(low) and known(high) else "none: one seed"


def wilson(share, count, z=1.96):
    """Returns the ends of the 95 % interval of a share of `count` examples (Wilson, 1927).

    Example:
    >>> [round(end, 3) for end in wilson(0.96, 500)]
    [0.939, 0.974]
    """
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    arm = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return max(0.0, middle - arm), min(1.0, middle + arm)
