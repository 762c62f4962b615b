"""Folders of pictures that the tests of this room share."""

import pytest
from folders import fill


@pytest.fixture
def pets(tmp_path):
    """A folder with ten pictures of each of two classes."""
    place = tmp_path / "photos"
    fill(place, "cat", 10, 0)
    fill(place, "dog", 10, 100)
    return place


@pytest.fixture
def divided_pets(tmp_path):
    """A folder with a train and a test folder, each with two classes."""
    place = tmp_path / "parted"
    for part, number, start in (("train", 10, 0), ("test", 3, 1000)):
        fill(place / part, "cat", number, start)
        fill(place / part, "dog", number, start + 100)
    return place
