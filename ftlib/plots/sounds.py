"""Sounds as pictures: their waveforms and their spectrograms."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ftlib.plots.inputs import require_columns
from ftlib.plots.look import LONGEST_NAME, STYLES, new_figure, shorten_name, show_frame, styled, write_title
from ftlib.plots.words import say
from ftlib.sound import log_mel, mel_edges

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_ROW_HEIGHT = {"waveform": 1.15, "spectrogram": 1.6}  # inches, without the title
_TITLE_HEIGHT = 0.28
_LETTER_WIDTH = 0.085  # inches
_RANGE_DECIBELS = 80  # below the loudest of all sounds: what is softer is not heard beside it
_MOST_POINTS = 2000  # of a line: more lie on top of each other
_PITCHES = (125, 250, 500, 1000, 2000, 4000, 8000, 16_000)  # hertz that are named
_MOST_PITCHES = 4  # of them


@styled
def waveforms(
    sounds: Any,
    titles: Sequence[Any] | None = None,
    rate: int = 16_000,
    columns: int = 3,
    title: str | None = None,
    width: float = 7.2,
) -> "Figure":
    """Draws sounds as lines: how far the air is pushed, from moment to moment.

    All have the same scale, so that loud and soft sounds can be told apart.

    Args:
        sounds: Waveforms from -1 to 1, `(n, samples)`, or a list of such, also of several lengths.
        titles: One string above each. Default None: no titles.
        rate: Samples per second. Default 16,000.
        columns: Sounds per row. Default 3.
        title: What to see, above all sounds.
        width: In inches, of a row. Default 7.2: that of a page.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: For no sounds, arrays that are none, another number of titles, or a rate that makes no sense.

    Example:
    >>> tone = 0.5 * np.sin(np.arange(1600) / 5)
    >>> picture = waveforms([tone, tone / 4], ["loud", "soft"], rate=16000, title="The same tone, loud and soft")
    """
    rows = _read_sounds(sounds, titles, rate)
    fig, axes = _make_axes(len(rows), titles, columns, width, _ROW_HEIGHT["waveform"])
    longest = max(len(samples) for samples in rows) / rate
    loudest = max(float(np.abs(samples).max()) for samples in rows) or 1.0
    for ax, samples in zip(axes, rows, strict=False):
        _draw_waveform(ax, samples, rate)
        ax.set(xlim=(0, longest), ylim=(-1.05 * loudest, 1.05 * loudest))
    _label_axes(fig, axes[: len(rows)], say("Seconds"), say("Level"))
    write_title(fig, title)
    return fig


@styled
def spectrograms(  # noqa: PLR0913 - options with defaults
    sounds: Any,
    titles: Sequence[Any] | None = None,
    rate: int = 16_000,
    columns: int = 3,
    title: str | None = None,
    width: float = 7.2,
    with_waveforms: bool = False,
) -> "Figure":
    """Draws sounds as their pitches: which are how loud, from moment to moment.

    Up are high pitches, on the mel scale; the darker the louder. All have the same shades: white is 80 decibels below
    the loudest moment of all of them, or softer.

    Args:
        sounds: Waveforms from -1 to 1, `(n, samples)`, or a list of such, also of several lengths.
        titles: One string above each. Default None: no titles.
        rate: Samples per second. Default 16,000.
        columns: Sounds per row. Default 3.
        title: What to see, above all sounds.
        width: In inches, of a row. Default 7.2: that of a page.
        with_waveforms: Whether the waveform of each is drawn above its spectrogram. Default False.

    Returns:
        A Matplotlib figure.

    Raises:
        ValueError: As `waveforms`.

    Example:
    >>> rising = np.sin(np.cumsum(np.linspace(0.1, 1.5, 8000)))
    >>> picture = spectrograms([rising], ["a rising tone"], rate=16000)
    """
    rows = _read_sounds(sounds, titles, rate)
    pictures = [log_mel(samples, rate) for samples in rows]
    loudest = max(float(picture.max()) for picture in pictures)
    longest = max(len(samples) for samples in rows) / rate
    height = _ROW_HEIGHT["spectrogram"] + with_waveforms * 0.45
    fig, axes = _make_axes(len(rows), titles, columns, width, height)
    for ax, samples, picture in zip(axes, rows, pictures, strict=False):
        bands = picture.shape[0]
        extent = (0, len(samples) / rate, -0.5, bands - 0.5)
        shades = {"cmap": "Greys", "vmin": loudest - _RANGE_DECIBELS, "vmax": loudest}
        ax.imshow(picture, aspect="auto", origin="lower", extent=extent, **shades)
        ax.set(xlim=(0, longest), ylim=(-0.5, bands - 0.5))
        ax.grid(visible=False)
        _name_pitches(ax, rate, bands)
        show_frame(ax)
    if with_waveforms:
        _add_waveforms(axes[: len(rows)], rows, rate)
    _label_axes(fig, axes[: len(rows)], say("Seconds"), say("Hertz"))
    write_title(fig, title)
    return fig


def _read_sounds(sounds, titles, rate) -> list[np.ndarray]:
    """Returns sounds as arrays `(samples,)`, after looking at what came."""
    if isinstance(rate, bool) or not isinstance(rate, (int, np.integer)) or rate < 100:
        raise ValueError(f"`rate` is a number of samples per second, at least 100. Received: rate={rate!r}.")
    rows = [np.asarray(samples, "float64") for samples in sounds]
    if not rows or any(samples.ndim != 1 or not samples.size for samples in rows):
        received = ", ".join(str(samples.shape) for samples in rows[:3]) or "none"
        raise ValueError(f"Expected waveforms (n, samples), or a list of such (samples,). Received: {received}.")
    if not all(np.isfinite(samples).all() for samples in rows):
        raise ValueError("Expected waveforms of numbers. Received: NaN or infinity.")
    if titles is not None and len(titles) != len(rows):
        raise ValueError(f"Expected a title for each of {len(rows)} sounds. Received: {len(titles)}.")
    return rows


def _make_axes(count, titles, columns, width, height):
    """Returns a figure and the axes of its rows; those that are left over are hidden."""
    columns = min(require_columns(columns), count)
    row_count = math.ceil(count / columns)
    title_height = 0 if titles is None else _TITLE_HEIGHT
    fig = new_figure(width, row_count * (height + title_height) + 0.3)
    axes = fig.subplots(row_count, columns, squeeze=False, sharex=True, sharey=True).ravel()
    letters = max(3, int(width / columns / _LETTER_WIDTH) - 4)
    for index, ax in enumerate(axes):
        if index >= count:
            ax.set_visible(False)
        elif titles is not None:
            ax.set_title(shorten_name(str(titles[index]), min(letters, LONGEST_NAME)), fontsize=9)
        # Below an empty place of the last row the seconds stand a row higher.
        if index + columns >= count:
            ax.tick_params(axis="x", labelbottom=True)
    return fig, axes


def _label_axes(fig, axes, x_label, y_label):
    fig.supxlabel(x_label, fontsize=9)
    fig.supylabel(y_label, fontsize=9)
    for ax in axes:
        ax.locator_params(axis="x", nbins=3, steps=(1, 2, 5, 10))
        ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")


def _draw_waveform(ax, samples, rate):
    """Draws the range of each short stretch, which looks like the line through all samples and is quick to draw."""
    colour = STYLES["full"].colour
    stretch = math.ceil(len(samples) / _MOST_POINTS)
    if stretch == 1:
        ax.plot(np.arange(len(samples)) / rate, samples, color=colour, linewidth=0.7)
        return
    padded = np.pad(samples, (0, -len(samples) % stretch), mode="edge").reshape(-1, stretch)
    seconds = (np.arange(len(padded)) + 0.5) * stretch / rate
    ax.fill_between(seconds, padded.min(1), padded.max(1), color=colour, linewidth=0.3)


def _name_pitches(ax, rate, bands):
    """Names a few pitches beside the bands of a spectrogram."""
    peaks = mel_edges(rate, bands)[1:-1]
    pitches = [hertz for hertz in _PITCHES if peaks[0] <= hertz <= peaks[-1]]
    step = max(1, math.ceil(len(pitches) / _MOST_PITCHES))
    named = pitches[::-1][::step][::-1]  # the highest is always named
    ax.set_yticks(np.interp(named, peaks, np.arange(bands)), [f"{hertz:,}" for hertz in named])


def _add_waveforms(axes, rows, rate):
    """Draws the waveform of each sound in a strip above its spectrogram."""
    loudest = max(float(np.abs(samples).max()) for samples in rows) or 1.0
    for ax, samples in zip(axes, rows, strict=True):
        title = ax.get_title(loc="left")
        ax.set_title("")
        strip = ax.inset_axes((0, 1.02, 1, 0.3), sharex=ax)
        _draw_waveform(strip, samples, rate)
        strip.set_ylim(-1.05 * loudest, 1.05 * loudest)
        strip.axis("off")
        strip.set_title(title, fontsize=9)
