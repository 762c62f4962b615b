"""The record of transfer as cells: what is read is what was recorded."""

import numpy as np
import pytest

import ftlib as ft
from ftlib import plots
from ftlib.course.transfer_record import TransferRecord
from ftlib.evidence.comparison import interval


@pytest.fixture(scope="module")
def rows():
    return ft.track("glyph").recorded("transfer")["rows"]


@pytest.fixture(scope="module")
def record(rows):
    return TransferRecord(rows)


def test_every_recorded_run_is_in_one_cell(rows, record):
    assert sum(len(cell.rows) for cell in record.cells) == len(rows)
    assert record.run_count == sum(len(row["runs"]) for row in rows)
    places = [(*cell.pair, cell.labels_per_class) for cell in record.cells]
    assert len(set(places)) == len(places)


def test_a_cell_gives_scores_and_evidence_seed_by_seed(rows, record):
    cell = record.cell("glyphnet", "textures", 10)
    wanted = [row for row in rows if (row["backbone"], row["task"], row["labels_per_class"]) == (*cell.pair, 10)]
    assert cell.scores("scratch").tolist() == [row["runs"]["scratch"]["test"] for row in wanted]
    assert cell.scores("lp_ft", "seconds").tolist() == [row["runs"]["lp_ft"]["seconds"] for row in wanted]
    assert cell.stage_probes.shape == (len(wanted), 3)
    assert [one.untrained for one in cell.evidence] == [row["untrained"] for row in wanted]
    assert [one.probe for one in cell.evidence] == cell.stage_probes[:, -1].tolist()


def test_cells_of_a_pair_come_with_the_fewest_labels_first(record):
    labels = [cell.labels_per_class for cell in record.cells_of("glyphnet", "digits")]
    assert labels == sorted(labels) and labels[0] == 1


def test_a_cell_that_was_not_recorded_is_refused(record):
    with pytest.raises(ValueError, match="glyphnet on digits: 1, 3.* Received: 7"):
        record.cell("glyphnet", "digits", 7)
    with pytest.raises(ValueError, match="none. Received: 10"):
        record.cell("VGG16", "digits", 10)


def test_a_table_holds_every_cell_once_with_its_interval(record):
    def margin(cell):
        return cell.scores("lp_ft") - cell.scores("scratch")

    table = record.tabulate(margin, record.pairs)
    assert list(table) == [": ".join(pair) for pair in record.pairs]
    assert {len(row) for row in table.values()} == {5}
    assert sum(one is not None for row in table.values() for one in row) == len(record.cells)
    assert table["glyphnet: digits"][0] == interval(margin(record.cell("glyphnet", "digits", 1)), bounds=(-1, 1))
    assert np.isfinite([one for row in table.values() for one in row if one]).all()


def test_accuracies_of_a_pair_are_what_a_plot_takes(record):
    table = record.accuracy_table("glyphnet", "textures")
    assert plots.accuracy_curves(table) is not None
    cell = record.cell("glyphnet", "textures", 50)
    (row,) = [row for row in table if row["strategy"] == "scratch" and row["labels_per_class"] == 50]
    assert row["test_mean"] == pytest.approx(cell.scores("scratch").mean()) and row["n"] == len(cell.rows)


def test_tasks_that_were_only_probed_are_cells_without_runs():
    probed = TransferRecord(ft.track("glyph").recorded("transfer")["probed"])
    assert probed.run_count == 0 and len(probed.pairs) == 3
    assert all(cell.strategies == [] and cell.stage_probes.shape == (5, 3) for cell in probed.cells)
