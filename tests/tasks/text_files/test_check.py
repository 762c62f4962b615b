"""The check of texts: copies, texts under two labels, cut texts, unknown characters."""

from texts import sentences, tokenizer, write_table

import ftlib as ft
from ftlib.tasks.text_files.inspection import inspect_texts


def kinds_of(findings):
    return {finding.kind: finding for finding in findings.findings}


def test_the_same_text_is_used_once_and_under_two_labels_never(tmp_path):
    rows = [
        *sentences(6),
        ("the good film", "good"),
        ("the  good\u00a0film", "good"),
        ("a plot", "good"),
        ("a plot", "bad"),
    ]
    report = ft.check_texts(write_table(tmp_path / "t.csv", rows), tokenizer=tokenizer())
    assert report.duplicates == (("line 14", "line 15"),) and report.conflicts == (("line 16", "line 17"),)
    assert len(report.files) == 13
    said = repr(report)
    assert "same text as line 14: line 15" in said and "same text in different classes: line 16, line 17" in said


def test_a_text_of_two_splits_stays_in_the_later_one(tmp_path):
    rows = [(text, label, "train") for text, label in sentences(4)]
    rows += [(text, label, "test") for text, label in sentences(4, seed=1)]
    rows.append((*rows[0][:2], "test"))
    findings = inspect_texts(write_table(tmp_path / "t.csv", rows, "text,label,split"), tokenizer=tokenizer())
    leak = kinds_of(findings)["leak"]
    assert leak.level == "warning" and "1 text in several splits, word for word" in leak.text
    assert "line 2" not in {row.id for row in findings.files_by_split["train"]}


def test_cut_texts_and_unknown_characters_are_counted(tmp_path):
    rows = [*sentences(6), ("the film ☃☃ z", "good"), ("a " * 20, "bad")]
    report = ft.check_texts(write_table(tmp_path / "t.csv", rows), tokenizer=tokenizer())
    assert report.coverage.cut == ("line 15",) and report.coverage.most_pieces == 20
    pieces = 12 * 6 + 5 + 20
    assert report.coverage.unknown_share == 3 / pieces and report.coverage.unknown_characters == ("☃", "z")
    assert ft.check_texts(report.path, tokenizer=tokenizer(), length=21).coverage.cut == ()


def test_findings_say_what_was_left_out_and_what_is_uneven(tmp_path):
    rows = [*sentences(6), *((f"the film {i}", "good") for i in range(20)), ("", "bad"), ("film", "")]
    findings = inspect_texts(write_table(tmp_path / "t.csv", rows), tokenizer=tokenizer())
    kinds = kinds_of(findings)
    assert kinds["empty"].text.endswith("1 text empty: line 34") and kinds["unlabelled"].level == "warning"
    assert "training texts of good" in kinds["imbalance"].text and "unknown" in kinds
    assert findings.usable and findings.to_dict()["texts"] == 32
    assert "usable texts in 2 classes" in repr(findings) and "picture" not in repr(findings)


def test_too_few_of_a_class_is_an_error(tmp_path):
    rows = [*sentences(5), ("a song", "other"), ("the song", "other")]
    findings = inspect_texts(write_table(tmp_path / "t.csv", rows), tokenizer=tokenizer())
    assert not findings.usable
    (error,) = [finding.text for finding in findings.findings if finding.level == "error"]
    assert "Class 'other'" in error and "needs at least 3 texts" in error and "Received: 2 usable" in error
