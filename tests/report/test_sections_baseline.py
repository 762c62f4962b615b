"""What a report says of a model beside the cheap classifier."""

import numpy as np
import pytest

from ftlib.report.sections_baseline import BaselineWords, _judge_baseline


@pytest.mark.parametrize(
    "model_only, baseline_only, words",
    [
        (40, 10, "The model is better than counting characters, by 15.0 points"),
        (10, 40, "Counting characters is better than this model, by 15.0 points"),
        (12, 10, "The model is ahead by 1.0 points, no more than chance explains"),
        (10, 13, "Counting characters is ahead by 1.5 points, no more than chance explains"),
        (10, 10, "does as well as this model"),
    ],
)
def test_the_better_one_is_named_openly(model_only, baseline_only, words):
    model_right = np.arange(200) < 100 + model_only
    baseline_right = (np.arange(200) < 100) | (np.arange(200) >= 200 - baseline_only)
    names = BaselineWords("character counts", "counting characters", "TF-IDF")
    sentence = _judge_baseline(model_right, baseline_right, "texts", names)
    assert words in sentence
    assert f"{model_only} test texts only this model gets right, {baseline_only} only character counts" in sentence
