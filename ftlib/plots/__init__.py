"""Pictures from plain data: rows, histories and arrays in, a Matplotlib figure out.

Every picture can be read without colour (markers, line styles, hatching and words carry the meaning too), and
its title says what to see. No `pyplot` is involved: nothing has to be closed, and no backend changes.
"""

from ftlib.plots.accuracy import accuracy_curves, by_strategy, headline, main_cell
from ftlib.plots.anatomy import stage_shares
from ftlib.plots.basic import bars, image_grid, lines, scatter
from ftlib.plots.boxes import boxes
from ftlib.plots.canvas import png, svg
from ftlib.plots.curves import learning_curves
from ftlib.plots.effects import effect_grid
from ftlib.plots.evidence import reliability, trade_off
from ftlib.plots.filters import feature_maps, filter_grid
from ftlib.plots.look import show
from ftlib.plots.maps import share_maps
from ftlib.plots.models import confused_pairs, confusion_matrix, mistakes, stage_picture
from ftlib.plots.numbers import predicted_against_true, residual_histogram
from ftlib.plots.precision_recall import precision_recall
from ftlib.plots.sounds import spectrograms, waveforms
from ftlib.text import format_count as count
from ftlib.text import format_labels as labels_text
from ftlib.text import format_percent as percent
from ftlib.text import format_seeds as seed_text

__all__ = [
    "accuracy_curves", "bars", "boxes", "by_strategy", "confused_pairs", "confusion_matrix", "count", "effect_grid",
    "feature_maps", "filter_grid", "headline", "image_grid", "labels_text", "learning_curves", "lines", "main_cell",
    "mistakes", "percent", "png", "precision_recall", "predicted_against_true", "reliability", "residual_histogram",
    "scatter", "seed_text", "share_maps", "show", "spectrograms", "stage_picture", "stage_shares", "svg", "trade_off",
    "waveforms",
]  # fmt: skip
