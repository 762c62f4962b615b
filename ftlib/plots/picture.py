"""The figure that all pictures are drawn on. Imported inside functions, because it imports Matplotlib."""

from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ftlib.plots.canvas import png


class Picture(Figure):
    """A figure that a notebook shows as the last value of a cell, also where `pyplot` is not loaded."""

    def __init__(self, **options: Any):
        super().__init__(**options)
        # It keeps its renderer, and with it how large each text is: layout asks for that again and again.
        FigureCanvasAgg(self)

    def _repr_png_(self) -> tuple[bytes, dict[str, Any]]:
        return png(self), {"alt": read_titles(self), "width": round(self.get_figwidth() * 96)}


def read_titles(fig: Figure) -> str:
    """Returns the titles of a figure, which say what to see in it, on one line."""
    titles = [fig.get_suptitle(), *(ax.get_title(loc="left") for ax in fig.axes)]
    return " ".join(filter(None, titles)).replace("\n", " ")
