"""Effects in a grid, with their intervals."""

from ftlib import plots


def test_an_effect_says_its_size_and_interval_and_is_hatched_where_the_interval_holds_zero():
    rows = {"digits": [(0.3, 0.25, 0.35), None], "textures": [(-0.05, -0.08, -0.02), (0.01, -0.0001, 0.03)]}
    fig = plots.effect_grid(rows, ["1", "50"], "Labels per class", "It helps on digits")
    cells = dict(zip(["digits 1", "textures 1", "textures 50"], fig.axes[0].patches, strict=True))
    assert [bool(cell.get_hatch()) for cell in cells.values()] == [False, False, True]
    assert len({cell.get_facecolor()[:3] for cell in cells.values()}) == 3
    written = [t.get_text() for t in fig.axes[0].texts]
    assert written == ["+30.0\n(+25.0 to +35.0)", "-5.0\n(-8.0 to -2.0)", "+1.0\n(-0.01 to +3.0)"]
