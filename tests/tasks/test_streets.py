"""Drawn streets: their boxes lie on what is drawn, and plates can be cut out and read."""

import numpy as np
import pytest

import ftlib as ft
from ftlib.tasks import streets


def test_a_seed_gives_one_street_with_a_near_car_and_its_number():
    street, again, other = streets.draw_street(3), streets.draw_street(3), streets.draw_street(4)
    np.testing.assert_array_equal(street.image, again.image)
    assert street.numbers == again.numbers and not np.array_equal(street.image, other.image)
    for seed in range(20):
        street = streets.draw_street(seed)
        assert street.image.shape == (128, 192, 3) and street.image.dtype == "uint8"
        is_plate = street.boxes[:, 4] == streets.CLASS_NAMES.index("plate")
        assert [bool(number) for number in street.numbers] == is_plate.tolist()
        assert all(len(number) == 4 and number.isdigit() for number in np.array(street.numbers)[is_plate])
        assert (street.boxes[:, 4] == streets.CLASS_NAMES.index("car")).any()
        assert (street.boxes[:, :4] >= 0).all() and (street.boxes[:, [2, 3]] <= [192, 128]).all()


def test_plates_lie_on_cars_and_stand_out():
    for seed in range(10):
        street = streets.draw_street(seed)
        cars = street.boxes[street.boxes[:, 4] == 0]
        for box in street.boxes[street.boxes[:, 4] == 1]:
            assert ((cars[:, :2] <= box[:2] + 1).all(1) & (cars[:, 2:4] >= box[2:4] - 1).all(1)).any()
            x0, y0, x1, y1 = box[:4].round().astype(int)
            assert np.ptp(street.image[y0:y1, x0:x1].mean(-1)) > 60


def test_a_digit_that_is_cut_out_is_bright_on_black_whatever_the_plate():
    """The same digit on plates of different colours looks alike, and another one does not."""
    digits = {}
    for seed in range(60):
        street = streets.draw_street(seed)
        for box, number in zip(street.boxes, street.numbers, strict=True):
            if number and box[2] - box[0] > 30:
                for digit, picture in zip(number, streets.cut_digits(street.image, box), strict=True):
                    digits.setdefault(digit, []).append(picture[..., 0] / 255.0)
    means = {digit: np.mean(pictures, axis=0) for digit, pictures in digits.items()}
    assert len(means) == 10
    right = [
        digit == min(means, key=lambda other: np.abs(means[other] - picture).mean())
        for digit, pictures in digits.items()
        for picture in pictures
    ]
    assert np.mean(right) > 0.85


def test_the_task_draws_few_streets_out_of_many_and_knows_their_numbers():
    few, other = ft.load_task("streets", 5), ft.load_task("streets", 5, seed=1)
    assert [len(split) for split in few.splits.values()] == [5, 60, 100]
    assert set(few.train.ids) != set(other.train.ids) and few.test.ids.tolist() == other.test.ids.tolist()
    assert set(few.train.ids) < set(ft.load_task("streets", 9).train.ids)
    numbers = streets.read_numbers(few.test.ids)
    assert len(numbers) == 100 and all(len(number) == 4 for plates in numbers for _, number in plates)
    plate_boxes = [boxes[boxes[:, 4] == 1, :4] for boxes in few.test.targets]
    np.testing.assert_array_equal(
        np.concatenate(plate_boxes),
        np.concatenate([np.stack([box for box, _ in plates]) for plates in numbers if plates]),
    )
    for bad in (0, 201, True):
        with pytest.raises(ValueError, match="There are 200 streets to learn from"):
            ft.load_task("streets", bad)
