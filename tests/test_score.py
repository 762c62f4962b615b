"""How a score is written, and which of two is better."""

import math

from ftlib.score import ACCURACY, LOSS, Score


def test_a_share_is_a_percentage_and_another_score_has_its_unit():
    cells = Score("mae", "Mean absolute error", higher_is_better=False, high=None, unit="cells")
    assert ACCURACY.format(0.975) == "97.5 %" and cells.format(2.34567) == "2.35 cells" and LOSS.format(0.5) == "0.5"
    assert ACCURACY.format_interval(0.9, 0.95) == "90.0 to 95.0 %"
    assert cells.format_interval(1.0, 2.5) == "1 to 2.5 cells" and LOSS.format_interval(1, 2) == "1 to 2"
    assert ACCURACY.format(math.nan) == "unknown"


def test_the_better_of_two_values_follows_the_direction():
    assert ACCURACY.is_better(0.9, 0.8) and not LOSS.is_better(0.9, 0.8) and LOSS.rank(0.8) > LOSS.rank(0.9)


def test_bounds_are_infinite_where_there_are_none_and_acronyms_keep_their_capitals():
    assert LOSS.bounds == (0.0, math.inf) and Score("r2", "R2", low=None).bounds == (-math.inf, 1.0)
    assert (ACCURACY.label, Score("r2", "R2").label, Score("map", "mAP").label) == ("accuracy", "R2", "mAP")
