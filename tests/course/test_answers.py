"""What the checks share: calling a learner's function, reading a number, describing an answer."""

import keras
import numpy as np
import pytest

from ftlib.course.answers import Failed, Mistake, as_number, call, describe, near, number, recognize


def test_call_hands_out_copies_of_arrays_and_the_very_models():
    given, model = np.arange(3), keras.Sequential()

    def spoil(array, same):
        array[:] = 0
        return same

    assert call(spoil, given, model) is model and given.tolist() == [0, 1, 2]


def test_call_names_arrays_by_their_shape():
    def broken(*_):
        raise ValueError("first line\nsecond line")

    with pytest.raises(Failed) as failed:
        call(broken, np.zeros((2, 3)), "sum", 2)
    mistake = failed.value.mistake
    assert mistake.key == "raised_error"
    assert mistake.values == {"call": "broken(ndarray (2, 3), 'sum', 2)", "error": "ValueError: first line"}


def test_numbers():
    assert [number(x) for x in (2, np.int64(2), [2.0], np.array([[2]]))] == [2.0] * 4
    assert [number(x) for x in ("2", True, np.True_, None, np.inf, [1, 2], [], {})] == [None] * 8
    assert as_number(np.float32(3)) == 3
    with pytest.raises(Failed):
        as_number("3")
    assert near(100.05, 100) and not near(100.2, 100) and near(102, 100, relative=0.03) and near(0, 0)
    assert not near(float("nan"), 1) and near(-1, -1) and not near(1, -1)


@pytest.mark.parametrize("answer", [..., None, "", " ", len, object(), keras.Input((2,)), np.int64(3), 2j, {1}])
def test_anything_can_be_described(answer):
    assert describe(answer) and "\n" not in describe(answer) and "0x" not in describe(answer)


def test_a_known_mistake_is_recognized():
    half = Mistake("half")
    double = Mistake("double")
    assert recognize(1.0001, [(1, half), (4, double)]) is half
    assert recognize(4.1, [(1, half), (4, double)], relative=0.05) is double
    assert recognize(2, [(1, half), (4, double)]) is None
