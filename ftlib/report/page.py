"""Parts of a page: text, tables and pictures as HTML, with everything escaped."""

import base64
import math
from html import escape

from ftlib import plots

STYLE = """
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 62rem; padding: 1.2rem; background: #fff; color: #222;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans KR", sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.25; margin: .3rem 0 .6rem; overflow-wrap: anywhere; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 .5rem; padding-top: .6rem; border-top: 1px solid #ddd; }
p, li { max-width: 46rem; }
.lead { font-size: 1.2rem; }
.small { font-size: .9rem; color: #555; }
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
img { display: block; width: var(--width); max-width: 100%; height: auto; }
pre { background: #f5f5f5; padding: .7rem .9rem; overflow-x: auto; font-size: .9rem; line-height: 1.45; }
.broken { color: #a00000; font-weight: 600; }
@media screen and (max-width: 640px) {
  body { padding: .8rem; } h1 { font-size: 1.5rem; } .lead { font-size: 1.08rem; }
  table { font-size: .92rem; }
  .scroll img { max-width: none; width: min(var(--width), 560px); }
  .scroll picture img { width: 100%; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; } .scroll { overflow: visible; }
  h2, h2 + p, .caption { break-after: avoid; } figure, tr, pre, .keep { break-inside: avoid; }
  img { max-height: 11cm; width: auto; } pre { white-space: pre-wrap; }
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


def bullets(lines):
    """Returns a list."""
    return "<ul>" + "".join(f"<li>{words(line)}</li>" for line in lines) + "</ul>"


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
    return middle - arm, middle + arm
