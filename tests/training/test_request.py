"""What `fit` is asked for, settled before any work."""

import dataclasses
from typing import ClassVar

import pytest
import tiny

from ftlib.objectives.classification import Classification
from ftlib.strategies.regularization import Regularization
from ftlib.training.request import settle_regularization


@dataclasses.dataclass(frozen=True)
class _Unsmoothed(Classification):
    name: ClassVar[str] = "unsmoothed"

    def check_regularization(self, regularization):
        self.refuse(regularization, "label_smoothing", "cutmix")


def _task(objective):
    return tiny.task(objective=objective)


def test_a_preset_is_taken_without_what_does_not_fit():
    settled, note = settle_regularization("strong", _task(_Unsmoothed()))

    assert settled == dataclasses.replace(Regularization.preset("strong"), label_smoothing=0.0, cutmix=0.0)
    assert note == "The preset 'strong' is used without label_smoothing and cutmix: not for unsmoothed of images."


def test_a_preset_that_fits_is_taken_as_it_is():
    preset = Regularization.preset("strong")
    assert settle_regularization("strong", _task(Classification())) == (preset, "")
    assert settle_regularization("light", _task(_Unsmoothed())) == (Regularization.preset("light"), "")


def test_a_regularization_of_ones_own_that_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="`label_smoothing` does not fit unsmoothed"):
        settle_regularization(Regularization(label_smoothing=0.1), _task(_Unsmoothed()))
