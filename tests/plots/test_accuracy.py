"""Accuracy against labels and updates: means, intervals, and which is live and which recorded."""

import numpy as np
import pytest
from drawn import points, texts
from rows import GRID, row

from ftlib import plots


def test_accuracy_curves_hold_the_means_their_intervals_and_the_real_ticks():
    fig = plots.accuracy_curves(GRID)
    (ax,) = fig.axes
    assert points(ax) == {"scratch": [0.5, 0.9], "full": [0.7, 0.95]}
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "10"]
    (bars,) = ax.containers[0][2]
    assert [list(s[:, 1].round(3)) for s in bars.get_segments()] == [[0.48, 0.52], [0.88, 0.92]]
    assert "full 95.0 %" in texts(fig) and "20 seeds" in texts(fig) and "95 % intervals" in texts(fig)
    assert "full has the highest mean at both ends" in texts(fig)


def test_accuracy_curves_against_updates_keep_to_one_number_of_labels_and_say_which():
    rows = [row("full", 10, updates, 0.8 + updates / 3000) for updates in (50, 100, 300)] + [row("full", 50)]
    fig = plots.accuracy_curves(rows, x="updates", metric="val")
    assert points(fig.axes[0])["full"] == pytest.approx([0.8 + u / 3000 - 0.01 for u in (50, 100, 300)])
    assert "10 labels per class" in texts(fig) and "Validation accuracy" in texts(fig)


def test_all_labels_come_after_the_largest_number():
    fig = plots.accuracy_curves([row("full", None, mean=0.99), row("full", 10), row("full", 1)])
    assert [t.get_text() for t in fig.axes[0].get_xticklabels()] == ["1", "10", "all"]
    assert points(fig.axes[0])["full"][-1] == 0.99


def test_one_seed_has_no_interval_and_is_drawn_all_the_same():
    rows = [{**row("full", k, n=1), "test_low": float("nan"), "test_high": float("nan")} for k in (1, 10)]
    (bars,) = plots.accuracy_curves(rows).axes[0].containers[0][2]
    assert all(np.ptp(s[:, 1]) == 0 for s in bars.get_segments())


def test_headline_shows_live_beside_recorded_and_says_which_is_which():
    fig = plots.headline([row("full", n=3)], GRID, source="results/some.json")
    live, recorded = fig.axes
    assert "Live, 3 seeds" in live.get_title(loc="left") and "10 labels" in live.get_title(loc="left")
    assert recorded.get_title(loc="left").startswith("Recorded (results/some.json, 20 seeds)")
    assert set(points(recorded)) == {"scratch", "full"}
    grey = [c for c in live.collections if c.get_linewidth()[0] > 10]
    assert [list(c.get_segments()[0][:, 0].round(3)) for c in grey] == [[0.93, 0.97]]  # the recorded interval
    assert "wide grey bars" in texts(fig)


def test_headline_without_recorded_rows_promises_none():
    fig = plots.headline([row("full", 3), row("full", 50)])
    assert len(fig.axes) == 1
    assert "50 labels per class" in texts(fig) and "ecorded" not in texts(fig)


def test_main_cell_takes_the_labels_asked_for_and_the_most_updates():
    rows = [row("full", 10, 50), row("full", 10, 300), row("full", 50, 300)]
    assert plots.main_cell(rows) == ([rows[1]], 10, 300)
    assert plots.main_cell(rows, labels_per_class=3) == ([rows[2]], 50, 300)
