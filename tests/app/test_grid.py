"""Cells on several processes, and what is held back of standard error."""

import os

import pytest

from ftlib.app.grid import quiet_stderr, run_cells


class Pool:
    """Stands for processes: it does the work at once."""

    def submit(self, function, cell):
        import concurrent.futures

        future = concurrent.futures.Future()
        try:
            future.set_result(function(cell))
        except ValueError as error:
            future.set_exception(error)
        return future


def test_every_cell_comes_back_with_its_index():
    assert dict(run_cells([3, 1, 2], jobs=2, function=lambda cell: 10 * cell, pool=Pool())) == {0: 30, 1: 10, 2: 20}


def test_an_error_in_a_cell_reaches_the_caller():
    with pytest.raises(ValueError, match="invalid literal"):
        list(run_cells(["a"], jobs=1, function=int, pool=Pool()))


def write_to_stderr():
    os.write(2, b"a greeting of a C++ library\n")


def test_greetings_are_held_back(capfd):
    with quiet_stderr():
        write_to_stderr()
    os.write(2, b"heard\n")
    assert capfd.readouterr().err == "heard\n"


@pytest.mark.parametrize("error, is_shown", [(ValueError, False), (RuntimeError, True)])
def test_they_are_shown_where_they_may_explain_a_failure(error, is_shown, capfd):
    with pytest.raises(error), quiet_stderr():
        write_to_stderr()
        raise error
    assert ("greeting" in capfd.readouterr().err) is is_shown
