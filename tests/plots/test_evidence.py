"""What is gained against what it costs, on a page and on a slide."""

from matplotlib.colors import to_hex

from ftlib import plots

PATHS = {
    "L2-SP": [{"x": (0.9, 0.88, 0.92), "y": (0.5, 0.4, 0.6)}, {"x": (0.8, 0.7, 0.9), "y": (0.7, 0.6, 0.8)}],
    "replay": [{"x": (0.95, 0.94, 0.96), "y": (0.6, 0.5, 0.7)}],
}


def interval_colours(fig):
    return {to_hex(colour) for lines in fig.axes[0].collections for colour in lines.get_edgecolor()}


def test_a_trade_off_takes_a_canvas_of_your_own_and_no_title():
    fig = plots.trade_off(PATHS, "Digits", "Letters", width=5.7, height=2.5)
    assert tuple(fig.get_size_inches()) == (5.7, 2.5) and fig.get_suptitle() == ""
    assert plots.trade_off(PATHS, "Digits", "Letters", "Letters are kept").get_suptitle() == "Letters are kept"


def test_intervals_have_the_colours_of_their_paths_or_are_faint():
    fig = plots.trade_off(PATHS, "Digits", "Letters")
    path_colours = {to_hex(line.get_color()) for line in fig.axes[0].lines}
    assert interval_colours(fig) == path_colours and len(path_colours) == 2
    assert interval_colours(plots.trade_off(PATHS, "Digits", "Letters", faint_intervals=True)) == {"#b4b4b4"}


def test_with_panels_each_path_has_axes_of_its_own_with_the_others_grey_behind_it():
    fig = plots.trade_off(PATHS, "Digits", "Letters", panels=True)
    assert [ax.get_title(loc="left") for ax in fig.axes] == list(PATHS)
    for ax, (name, points) in zip(fig.axes, PATHS.items(), strict=True):
        behind = [line for line in ax.lines if to_hex(line.get_color()) == "#d0d0d0"]
        others = [path for other, path in PATHS.items() if other != name]
        assert [list(line.get_xdata()) for line in behind] == [[point["x"][0] for point in path] for path in others]
        assert any(list(line.get_xdata()) == [point["x"][0] for point in points] for line in ax.lines)
