"""The downloaded sets of texts, without a download."""

import dataclasses
import zipfile

import keras
import pytest
from leaks import assert_no_leak
from texts import sentences, tokenizer

import ftlib as ft
from ftlib.tasks import online_texts
from ftlib.tasks.online_texts import NSMC, SST2, load_review_files, load_review_set


def rows_of(each, seed):
    return [(text, int(label == "good")) for text, label in sentences(each, seed)]


def write_rows(path, column, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{column}\tlabel", *(f"{text}\t{label}" for text, label in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def few_validated(monkeypatch):
    monkeypatch.setattr(online_texts, "VALIDATION_COUNT", 10)


@pytest.fixture
def home(monkeypatch, tmp_path):
    """A Keras home of its own, from which nothing may be downloaded."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.utils, "get_file", lambda *args, **kwargs: pytest.fail("downloaded"))
    return tmp_path


def test_files_on_the_disk_need_no_network(few_validated, home):
    train, test = rows_of(30, 0), rows_of(10, 1)
    train += [(test[3][0], 1 - test[3][1]), train[0], ("twice", 0), ("twice", 1), ('a "quoted', 1)]
    write_rows(home / "datasets" / "nsmc" / "ratings_train.txt", "id\tdocument", [(f"1\t{t}", n) for t, n in train])
    write_rows(home / "datasets" / "nsmc" / "ratings_test.txt", "id\tdocument", [(f"2\t{t}", n) for t, n in test])
    small = dataclasses.replace(NSMC, row_counts=(65, 20), test_count=14)
    task = load_review_set(small, tokenizer=tokenizer())
    assert task.class_names == ("negative", "positive") and len(task.test) == 14
    assert_no_leak(task)
    texts = [text for part in task.splits for text in task.read_texts(part)]
    assert len(texts) == len(set(texts)) and "twice" not in texts and 'a "quoted' in texts
    few = load_review_set(small, 4, 1, tokenizer=tokenizer())
    assert len(few.train) == 8 and few.validation.ids.tolist() == task.validation.ids.tolist()


def test_an_archive_is_read_as_it_is(few_validated, home):
    place = home / "datasets" / "sst2"
    place.mkdir(parents=True)
    with zipfile.ZipFile(place / "SST-2.zip", "w") as archive:
        for member, rows in (("SST-2/train.tsv", rows_of(20, 0)), ("SST-2/dev.tsv", rows_of(5, 1))):
            archive.writestr(member, "sentence\tlabel\n" + "".join(f"{text} \t{label}\n" for text, label in rows))
    task = load_review_set(dataclasses.replace(SST2, row_counts=(40, 10)), 3, tokenizer=tokenizer())
    assert task.name == "sst2" and len(task.train) == 6 and len(task.validation) <= 10


@pytest.mark.parametrize("name", ["nsmc", "sst2"])
def test_a_failed_download_and_a_broken_one_say_what_to_do(monkeypatch, tmp_path, name):
    def no_network(*args, **kwargs):
        raise Exception("URL fetch failure")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(keras.utils, "get_file", no_network)
    with pytest.raises(ConnectionError, match="https://.*URL fetch failure.*put .* into .*datasets"):
        ft.load_task(name)
    write_rows(tmp_path / "datasets" / "nsmc" / "ratings_train.txt", "document", rows_of(5, 0))
    write_rows(tmp_path / "datasets" / "nsmc" / "ratings_test.txt", "document", rows_of(5, 0))
    if name == "nsmc":
        with pytest.raises(ConnectionError, match="10 rows in place of 150,000"):
            ft.load_task(name)


def test_files_with_other_columns_or_labels_are_refused(tmp_path):
    good = write_rows(tmp_path / "good.tsv", "sentence", rows_of(5, 0))
    for column, rows, message in (("words", rows_of(5, 0), "columns sentence"), ("sentence", [("a", 7)], "line 2")):
        with pytest.raises(ValueError, match=message):
            load_review_files(SST2, write_rows(tmp_path / "bad.tsv", column, rows), good)


@pytest.mark.real
def test_real_files_become_tasks(real):
    for review_set, train, test in (
        (NSMC, "nsmc/train_30k.tsv", "nsmc/test_5k.tsv"),
        (SST2, "sst2/train.tsv", "sst2/test.tsv"),
    ):
        task = load_review_files(review_set, real / train, real / test, labels_per_class=50, tokenizer=tokenizer())
        assert len(task.train) == 100 and 900 < len(task.validation) <= 1000
        assert review_set.test_count * 0.9 < len(task.test) <= review_set.test_count
