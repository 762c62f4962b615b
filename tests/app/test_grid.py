"""Cells on several processes."""

import pytest

from ftlib.app.grid import run_cells


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
    assert dict(run_cells([3, 1, 2], lambda cell: 10 * cell, Pool())) == {0: 30, 1: 10, 2: 20}


def test_an_error_in_a_cell_reaches_the_caller():
    with pytest.raises(ValueError, match="invalid literal"):
        list(run_cells(["a"], int, Pool()))
