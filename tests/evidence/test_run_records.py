"""The records of a run, as they are saved and read back."""

import json

from ftlib.evidence.run_records import ClosingRecord


def test_a_closing_record_reads_back_as_it_was_saved():
    record = ClosingRecord("soup", "soup: epoch 2 alone is best", {"loss": 0.5}, epochs=[2])
    assert dict(ClosingRecord.from_dict(json.loads(json.dumps(dict(record))))) == dict(record)


def test_a_closing_record_of_an_older_ftlib_is_read():
    saved = {"step": "interpolate", "alphas": [0, 1], "alpha": 1, "scores": {"loss": 0.5}, "said": "interpolate: all"}
    assert ClosingRecord.from_dict(saved).description == "interpolate: all"
