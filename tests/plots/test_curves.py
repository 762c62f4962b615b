"""Learning curves: the mean over seeds, its band, and the phases."""

import numpy as np
import pytest
from drawn import texts
from rows import history

from ftlib import plots


def test_learning_curves_show_the_mean_and_a_band_over_seeds():
    fig = plots.learning_curves({"full": [history(shift=0.0), history(shift=0.1)], "scratch": [history()]})
    ax = fig.axes[-1]
    line = next(x for x in ax.lines if x.get_label() == "full")
    assert list(line.get_xdata()) == [20 * i for i in range(1, 8)]
    assert line.get_ydata()[0] == pytest.approx(0.6)
    band = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(0.55) and band.max() == pytest.approx(0.95)
    assert "bands: lowest to highest seed" in texts(fig)


def test_the_title_names_the_best_strategy_and_no_winner_where_there_is_none():
    better, worse = [history(shift=0.1)], [history()]
    assert "full ends highest: validation accuracy" in texts(plots.learning_curves({"full": better, "top": worse}))
    tie = {"full": better, "top": worse, "scratch": better}
    assert "full and scratch end equally high" in texts(plots.learning_curves(tie))
    assert "full and 2 others end equally high" in texts(plots.learning_curves({**tie, "lp_ft": better}))


def test_a_seed_that_stopped_early_keeps_its_last_value():
    fig = plots.learning_curves({"full": [history((("all", 2),)), history((("all", 4),))]})
    line = next(x for x in fig.axes[-1].lines if len(x.get_xdata()) == 4)
    assert line.get_ydata()[-1] == pytest.approx((0.6 + 0.7) / 2)


def test_phases_are_named_in_lanes_that_cannot_collide():
    gradual = history([(f"stage{i}", 1) for i in range(12)])
    fig = plots.learning_curves({"lp_ft": [history()], "gradual": [gradual]}, "val_loss")
    lanes, ax = fig.axes
    named = {(round(t.xy[1]), t.get_text()) for t in lanes.texts}
    assert {(0, "head"), (0, "all")} <= named
    assert len([t for t in lanes.texts if t.xy[1] == 1]) == 12
    starts = {float(np.asarray(x.get_xdata())[0]) for x in ax.lines if len(set(x.get_xdata())) == 1}
    assert 60.0 in starts  # where `all` begins


def test_a_single_history_shows_training_beside_validation():
    fig = plots.learning_curves({"full": [history()]})
    assert {"validation accuracy", "training accuracy"} <= {x.get_label() for x in fig.axes[-1].lines}
