"""Maps of shares, on one scale that says what they are."""

import numpy as np
from drawn import texts

from ftlib import plots


def test_share_maps_have_one_scale_from_nothing_to_all_and_name_it():
    low, high = np.full((2, 3), 0.1), np.full((2, 3), 0.9)
    fig = plots.share_maps({"low": low, "high": high}, "Answers that change", "Where")
    first, second, scale = fig.axes
    assert first.images[0].get_clim() == second.images[0].get_clim() == (0, 1)
    assert np.asarray(first.images[0].get_array()).tolist() == low.tolist()
    assert scale.get_xlabel() == "Answers that change" and scale.get_xlim() == (0, 1)
    seen = texts(fig)
    for part in ("low", "high", "0 %", "50 %", "100 %", "Where"):
        assert part in seen
