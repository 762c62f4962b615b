"""What keeps a pre-training that was stopped."""

import sys

import keras
import numpy as np
import pytest


@pytest.fixture
def pretraining(root, monkeypatch):
    monkeypatch.syspath_prepend(str(root / "tools"))
    import pretraining

    yield pretraining
    sys.modules.pop("pretraining", None)


def test_a_checkpoint_gives_back_variables_and_the_update(pretraining, tmp_path, capsys):
    variables = [keras.Variable([1.0, 2.0]), keras.Variable([[3.0]])]
    work = tmp_path / "work.npz"
    assert pretraining.load_checkpoint(work, variables) == 0
    pretraining.save_checkpoint(work, variables, 250)
    for variable in variables:
        variable.assign(0 * variable)
    assert pretraining.load_checkpoint(work, variables) == 250
    assert "goes on after update 250" in capsys.readouterr().out
    assert [np.asarray(variable).tolist() for variable in variables] == [[1.0, 2.0], [[3.0]]]
    assert list(tmp_path.iterdir()) == [work]
