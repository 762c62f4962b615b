"""What a figure says and holds, for tests of plots."""


def texts(fig):
    """All text of a figure, as drawn."""
    from matplotlib.text import Text

    fig.draw_without_rendering()
    return "\n".join(t.get_text() for t in fig.findobj(Text) if t.get_visible())


def points(ax):
    """The points of each line of data of an axes: `{label: [y, ...]}`."""
    return {c.get_label(): list(c[0].get_ydata()) for c in ax.containers if hasattr(c, "has_yerr")}
