"""What `config.json` holds, and that it is read as it was written, also by another version of ftlib."""

import dataclasses
import json

import pytest

from ftlib.app.run_config import DataConfig, ModelConfig, RunConfig, TrainingConfig, read_config
from ftlib.strategies.strategy import Strategy, get_strategy


@pytest.fixture
def config():
    return RunConfig(
        data=DataConfig("/photos", False, "photos", "photos: 9 pictures.", ["cat", "dog"], {"train": 6, "test": 3}),
        model=ModelConfig("glyphnet", None, [32, 32, 1]),
        training=TrainingConfig(
            mirror=True,
            strategy=dataclasses.asdict(get_strategy("lp_ft")),
            regularization="light",
            class_weight=None,
            updates=300,
            batch_size=32,
            batch_pieces=1,
            devices=1,
            precision=None,
            seed=0,
            near=True,
        ),
        notes=["a note"],
        why=["strategy: as asked"],
        created="2026-11-30T01:48:24",
        versions={"keras": "3.13"},
    )


def test_a_configuration_comes_back_from_its_file(config, tmp_path):
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config.to_dict()))
    assert read_config(path).to_dict() == json.loads(path.read_text())
    assert Strategy.from_dict(read_config(path).chosen_training.strategy) == get_strategy("lp_ft")


def test_the_file_calls_the_pieces_of_a_batch_as_the_first_run_folders_did(config):
    config.chosen_training.batch_pieces = 4
    data = config.to_dict()
    assert data["training"]["parts"] == 4 and "batch_pieces" not in data["training"]
    assert RunConfig.from_dict(data).chosen_training.batch_pieces == 4


def test_what_another_version_adds_is_left_out(config):
    data = config.to_dict()
    data["training"]["new option"] = 1
    data["new part"] = {}
    assert RunConfig.from_dict(data).to_dict() == config.to_dict()


def remove_updates(data):
    del data["training"]["updates"]


@pytest.mark.parametrize(
    "change, reason",
    [
        (lambda data: data.update(format=2), "it has format 2, this ftlib reads 1"),
        (lambda data: data.pop("model"), "'model'"),
        (lambda data: data.update(model={}), "image_size"),
        (remove_updates, "updates"),
    ],
    ids=["format", "part", "empty part", "value"],
)
def test_what_is_no_configuration_is_named(config, change, reason, tmp_path):
    data = config.to_dict()
    change(data)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match=f"Cannot read .*config.json as a configuration of `ftlib fit`: .*{reason}"):
        read_config(path)


def test_a_file_that_is_not_there_or_no_json_is_named(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_config(tmp_path / "config.json")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="Cannot read"):
        read_config(tmp_path / "config.json")
