"""The stages of a model, and what it gets wrong."""

import numpy as np
from drawn import texts
from rows import STAGES

from ftlib import plots


def test_stage_picture_tells_state_and_rate_in_words_and_hatching():
    fig = plots.stage_picture(STAGES)
    seen = texts(fig)
    for part in (
        "frozen",
        "trains in part\nrate 0.0001",
        "trains\nrate 0.01",
        "16 x 16 x 8, 3 layers",
        "body\n1 layer",
        "20,000",
    ):
        assert part in seen
    assert "1 of 3 stages frozen: 500 of 20,500 weights" in seen
    hatches = [p.get_hatch() for p in fig.axes[0].patches]
    assert hatches[0] and hatches[1] and hatches[2] is None and hatches[0] != hatches[1]
    widths = [p.get_width() for p in fig.axes[0].patches]
    assert widths[2] > widths[0] > widths[1]


def test_confusion_matrix_prints_counts_and_shades_by_share():
    fig = plots.confusion_matrix([[8, 2], [0, 30]], ["cat", "dog"])
    assert np.allclose(fig.axes[0].images[0].get_array(), [[0.8, 0.2], [0, 1]])
    assert sorted(t.get_text() for t in fig.axes[0].texts) == ["2", "30", "8"]
    assert "38 of 40 right; most confused:\ntrue cat, said dog (2 times)" in texts(fig)


def test_many_classes_become_a_list_of_pairs_that_says_so():
    names = [f"class {i}" for i in range(40)]
    matrix = np.eye(40, dtype=int) * 9
    matrix[3, 7] = 1
    fig = plots.confusion_matrix(matrix, names)
    assert "of 40 classes, the most confused pairs" in texts(fig)
    assert "true class 3, said class 7" in texts(fig) and "1 (10 %)" in texts(fig)


def test_mistakes_shows_the_surest_first_and_takes_whatever_an_array_indexes():
    class Folder:  # decodes when asked, as a folder task does
        def __len__(self):
            return 5

        def __getitem__(self, index):
            assert isinstance(index, np.ndarray)
            return np.stack([np.full((4, 4, 3), 10.0 * i) for i in index])

    fig = plots.mistakes(Folder(), [0, 1, 2, 0, 1], [0, 2, 1, 1, 1], [1, 0.6, 0.9, 0.999, 1], ["a", "b", "c"], count=2)
    first, second = (ax for ax in fig.axes if ax.images)
    assert first.get_title() == "true a\nsaid b (over 99 %)" and second.get_title() == "true c\nsaid b (90 %)"
    assert (first.images[0].get_array() == 30).all()
    assert "The 2 surest of 3 mistakes among 5 images" in texts(fig)


def test_no_mistakes_is_said_in_words():
    assert "No mistakes among 2 images" in texts(plots.mistakes(np.zeros((2, 4, 4, 1)), [0, 1], [0, 1], [1, 1], "ab"))
