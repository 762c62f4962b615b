"""Drawn streets with cars, their number plates, and road signs: where they are is known, and what is on the plates."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ftlib.errors import is_whole_number
from ftlib.objectives.boxes import box_areas, clip_boxes, stack_targets
from ftlib.objectives.detection import Detection
from ftlib.tasks.parts import PARTS
from ftlib.tasks.split import Split
from ftlib.tasks.task import Task

HEIGHT, WIDTH = 128, 192  # pixels
CLASS_NAMES = ("car", "plate", "sign")
PLATE_DIGITS = 4
SOURCE = "Drawn by ftlib: streets with cars, number plates and road signs, from code alone."
LICENCE = "MIT, as ftlib itself."
_CAR, _PLATE, _SIGN = range(3)
_COUNTS = {"train": 200, "validation": 60, "test": 100}
_SEED = 20261
_FINENESS = 2  # drawn twice as large, then averaged: smooth edges
_NARROWEST_PLATE = 11  # pixels: on a car further off there is none to see
_LEAST_VISIBLE = 0.5  # of a box at the edge of the image, or it is no longer looked for
_MOST_HIDDEN = 0.12  # of a car or a sign, by what is nearer
_DIGIT_SIDE = 32  # pixels of a cut digit
_CAR_COLOURS = (
    (232, 232, 230), (30, 31, 34), (150, 154, 158), (92, 96, 102), (168, 30, 32), (34, 62, 122), (46, 84, 62),
    (196, 174, 138), (112, 70, 44), (214, 150, 36), (104, 146, 178),
)  # fmt: skip
_WALL_COLOURS = (
    (168, 96, 76), (196, 178, 148), (150, 148, 146), (206, 200, 188), (126, 104, 88), (178, 150, 120), (118, 128, 136),
)  # fmt: skip
_PLATE_COLOURS = (((246, 246, 242), (22, 22, 26)), ((248, 208, 62), (22, 22, 26)), ((40, 92, 60), (244, 244, 240)))
_LANES = (0.24, 0.5, 0.77)  # middles of the lanes at the lower edge, in widths of the image


class Street(NamedTuple):
    """A drawn street.

    Attributes:
        image: `uint8` `(128, 192, 3)`.
        boxes: `float32` `(k, 5)`: x0, y0, x1, y1 in pixels, and the index in `CLASS_NAMES`.
        numbers: `(k,)`: what is written on each plate, `""` for what is no plate.
    """

    image: np.ndarray
    boxes: np.ndarray
    numbers: tuple[str, ...]


class _Canvas:
    """A picture that is drawn on in pixels of the result, and the boxes of what has been drawn."""

    def __init__(self):
        from PIL import Image, ImageDraw

        self.picture = Image.new("RGB", (WIDTH * _FINENESS, HEIGHT * _FINENESS))
        self.pen = ImageDraw.Draw(self.picture)
        self.boxes: list[tuple[float, ...]] = []
        self.numbers: list[str] = []

    def rectangle(self, box: Sequence[float], colour: tuple[int, ...], radius: float = 0.0) -> None:
        """Fills a rectangle x0, y0, x1, y1, with round corners of a radius."""
        x0, y0, x1, y1 = (round(side * _FINENESS) for side in box)
        if x1 <= x0 or y1 <= y0:
            return
        if radius:
            self.pen.rounded_rectangle((x0, y0, x1 - 1, y1 - 1), round(radius * _FINENESS), fill=colour)
        else:
            self.pen.rectangle((x0, y0, x1 - 1, y1 - 1), fill=colour)

    def ellipse(self, box: Sequence[float], colour: tuple[int, ...]) -> None:
        """Fills the ellipse that touches the sides of a box."""
        self.pen.ellipse([side * _FINENESS for side in box], fill=colour)

    def polygon(self, corners: Sequence[tuple[float, float]], colour: tuple[int, ...]) -> None:
        """Fills a polygon."""
        self.pen.polygon([(x * _FINENESS, y * _FINENESS) for x, y in corners], fill=colour)

    def text(self, middle: tuple[float, float], text: str, height: float, colour: tuple[int, ...]) -> None:
        """Writes a text around a point, with capitals of a height."""
        font = bold_font(max(round(height * _FINENESS / 0.73), 4))
        place = (middle[0] * _FINENESS, middle[1] * _FINENESS)
        self.pen.text(place, text, fill=colour, font=font, anchor="mm")

    def add(self, box: Sequence[float], class_index: int, number: str = "") -> None:
        """Notes the box of what was drawn."""
        self.boxes.append((*box, class_index))
        self.numbers.append(number)


@functools.cache
def bold_font(size: int, name: str = "DejaVuSans-Bold") -> Any:
    """Returns a bold font that comes with Matplotlib, at a size in pixels."""
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf", size)


def draw_street(seed: int | Sequence[int]) -> Street:
    """Returns a drawn street: one near car at least, most of the time others, and signs beside the road.

    Args:
        seed: Integer or sequence of integers; the same seed gives the same street.

    Example:
    >>> street = draw_street(0)
    >>> street.image.shape
    (128, 192, 3)
    """
    rng = np.random.default_rng(seed)
    canvas = _Canvas()
    horizon = HEIGHT * rng.uniform(0.3, 0.42)
    _draw_background(canvas, horizon, rng)
    places = _place_cars(horizon, rng)
    for _ in range(rng.integers(0, 3)):
        _draw_sign(canvas, horizon, places, rng)
    for place in reversed(places):  # the furthest first
        _draw_car(canvas, place, rng)
    return _develop(canvas, rng)


def _place_cars(horizon, rng):
    """Returns the boxes of cars, the nearest first; those that would be hidden by a nearer one are left out."""
    count = int(rng.choice([1, 2, 2, 3, 3]))
    lanes = [_LANES[lane] for lane in rng.permutation(len(_LANES))[:count]]
    nearness = sorted([rng.uniform(0.62, 0.98), *rng.uniform(0.15, 0.95, count - 1)], reverse=True)
    places = []
    for share, lane in zip(nearness, lanes, strict=True):  # 0 at the horizon, 1 at the lower edge
        foot = horizon + share * (HEIGHT - horizon) * rng.uniform(0.96, 1.0)
        width = (12 + 72 * share) * rng.uniform(0.88, 1.1)
        height = width * rng.uniform(0.68, 0.86)
        x = WIDTH / 2 + (lane - 0.5) * WIDTH * (0.25 + 0.75 * share) + rng.normal(0, 3)
        place = np.array([x - width / 2, foot - height, x + width / 2, foot])
        if not _is_hidden(place, places):
            places.append(place)
    return places


def _is_hidden(place, nearer_places):
    """Returns whether one of some boxes hides too much of another."""
    for nearer in nearer_places:
        common = np.concatenate([np.maximum(place[:2], nearer[:2]), np.minimum(place[2:], nearer[2:])])
        if box_areas(common) > _MOST_HIDDEN * box_areas(place):
            return True
    return False


def _draw_background(canvas, horizon, rng):
    """Draws the sky, houses, trees, and the road with its pavement and lines."""
    light = rng.uniform(0, 1)
    upper = _mix((70, 120, 190), (120, 126, 140), light)
    lower = _mix((176, 204, 228), (226, 206, 190), rng.uniform(0, 1))
    for row in range(int(np.ceil(horizon))):
        canvas.rectangle((0, row, WIDTH, row + 1), _mix(upper, lower, row / horizon))

    x = -rng.uniform(0, 20)
    while x < WIDTH:
        width = rng.uniform(18, 46)
        _draw_house(canvas, (x, horizon * rng.uniform(0.05, 0.7), x + width, horizon + 4), rng)
        x += width + (rng.uniform(4, 22) if rng.random() < 0.3 else 0)
    ground = _mix((112, 128, 84), (150, 142, 128), rng.uniform(0, 1))
    canvas.rectangle((0, horizon, WIDTH, HEIGHT), ground)
    for _ in range(rng.integers(0, 4)):
        _draw_tree(canvas, horizon, rng)
    _draw_road(canvas, horizon, rng)


def _draw_house(canvas, box, rng):
    wall = _shade(_WALL_COLOURS[rng.integers(len(_WALL_COLOURS))], rng)
    canvas.rectangle(box, wall)
    pane = _mix(wall, (50, 60, 76), 0.75)
    step_x, step_y = rng.uniform(5, 9), rng.uniform(6, 10)
    for y in np.arange(box[1] + 3, box[3] - 7, step_y):
        for x in np.arange(box[0] + 2, box[2] - 3, step_x):
            canvas.rectangle((x, y, x + step_x * 0.5, y + step_y * 0.55), pane)
    if rng.random() < 0.3:  # a shop's sign, with letters: no plate, though it looks like one
        middle = (box[0] + box[2]) / 2, box[3] - 6
        half = (box[2] - box[0]) * 0.35
        board = _CAR_COLOURS[rng.integers(len(_CAR_COLOURS))]
        canvas.rectangle((middle[0] - half, middle[1] - 3.5, middle[0] + half, middle[1] + 3.5), board)
        word = "".join(rng.choice(list("ABCEHKLMOPRSTU"), 4))
        canvas.text(middle, word, 4, (250, 250, 245) if sum(board) < 380 else (30, 30, 30))


def _draw_tree(canvas, horizon, rng):
    x, foot = rng.choice([rng.uniform(0, 0.2), rng.uniform(0.8, 1)]) * WIDTH, horizon + rng.uniform(2, 14)
    height, radius = rng.uniform(18, 36), rng.uniform(7, 13)
    canvas.rectangle((x - 1.5, foot - height, x + 1.5, foot), (84, 62, 44))
    for _ in range(6):
        dx, dy = rng.normal(0, radius * 0.4, 2)
        leaf = _shade((62, 106, 52), rng)
        top = foot - height + dy
        canvas.ellipse((x + dx - radius * 0.7, top - radius * 0.7, x + dx + radius * 0.7, top + radius * 0.7), leaf)


def _draw_road(canvas, horizon, rng):
    vanishing = WIDTH * rng.uniform(0.44, 0.56)
    asphalt = _shade((92, 94, 98), rng)
    canvas.polygon([(vanishing - 12, horizon), (vanishing + 12, horizon), (WIDTH + 60, HEIGHT), (-60, HEIGHT)], asphalt)
    line = _shade((226, 226, 220), rng)
    for end in (0.36, 0.64):
        for start in np.arange(0.08, 1, 0.2):
            corners = []
            for share, side in ((start, -1), (start, 1), (start + 0.11, 1), (start + 0.11, -1)):
                y = horizon + share**1.6 * (HEIGHT - horizon)
                x = vanishing + (end * WIDTH - WIDTH / 2) * share**1.6 * 1.6
                corners.append((x + side * 1.6 * share, y))
            canvas.polygon(corners, line)


def _draw_sign(canvas, horizon, car_places, rng):
    """Draws a road sign on its pole, unless a car hides it: a limit of speed, a warning, a stop sign, or a blue one."""
    size = rng.uniform(9, 24)
    x = rng.choice([rng.uniform(0.04, 0.3), rng.uniform(0.7, 0.96)]) * WIDTH
    y = horizon + rng.uniform(-16, 12) - size * 0.4
    half = size / 2
    box = (x - half, y - half, x + half, y + half)
    others = [np.array(other[:4]) for other in canvas.boxes]
    if _is_hidden(np.array(box), [*car_places, *others]):
        return
    foot = min(y + size * rng.uniform(1.6, 2.6), HEIGHT)
    canvas.rectangle((x - size * 0.06, y, x + size * 0.06, foot), (128, 130, 132))
    red, white = _shade((198, 28, 36), rng), _shade((240, 240, 236), rng)
    kind = rng.integers(4)
    if kind == 0:
        canvas.ellipse(box, red)
        canvas.ellipse((x - half * 0.72, y - half * 0.72, x + half * 0.72, y + half * 0.72), white)
        canvas.text((x, y), str(rng.choice([20, 30, 50, 60, 80])), size * 0.36, (24, 24, 28))
    elif kind == 1:
        canvas.polygon([(x, y - half), (x + half, y + half), (x - half, y + half)], red)
        inner = [(x, y - half * 0.5), (x + half * 0.6, y + half * 0.74), (x - half * 0.6, y + half * 0.74)]
        canvas.polygon(inner, _shade((246, 214, 70), rng))
    elif kind == 2:
        angles = np.arange(8) * np.pi / 4 + np.pi / 8
        canvas.polygon([(x + half * 1.04 * np.cos(a), y + half * 1.04 * np.sin(a)) for a in angles], red)
        canvas.text((x, y), "STOP", size * 0.24, white)
    else:
        canvas.ellipse(box, _shade((36, 84, 168), rng))
        arrow = [(x, y - half * 0.6), (x + half * 0.5, y), (x - half * 0.5, y)]
        canvas.polygon(arrow, white)
        canvas.rectangle((x - half * 0.14, y - half * 0.1, x + half * 0.14, y + half * 0.6), white)
    canvas.add(box, _SIGN)


def _draw_car(canvas, place, rng):
    """Draws a car from behind or from the front, its wheels on the road, and its plate."""
    left, top, right, foot = place
    x, width, height = (left + right) / 2, right - left, foot - top
    colour = _shade(_CAR_COLOURS[rng.integers(len(_CAR_COLOURS))], rng)
    dark, is_front = _mix(colour, (0, 0, 0), 0.45), rng.random() < 0.4

    canvas.ellipse(
        (left - width * 0.03, foot - height * 0.09, right + width * 0.03, foot + height * 0.05), (44, 45, 48)
    )
    for wheel in (left + width * 0.06, right - width * 0.24):
        canvas.rectangle((wheel, foot - height * 0.26, wheel + width * 0.18, foot), (26, 26, 28), width * 0.03)
    waist = top + height * 0.42
    roof, gap = rng.uniform(0.12, 0.2) * width, height * 0.07
    edge = width * 0.03
    canvas.polygon([(left + roof, top), (right - roof, top), (right - edge, waist), (left + edge, waist)], colour)
    pane = [
        (left + roof + gap, top + gap), (right - roof - gap, top + gap),
        (right - width * 0.1, waist - gap * 0.4), (left + width * 0.1, waist - gap * 0.4),
    ]  # fmt: skip
    canvas.polygon(pane, _mix((58, 74, 92), (120, 140, 156), rng.uniform(0, 1)))
    canvas.rectangle((left, waist - height * 0.03, right, foot - height * 0.12), colour, width * 0.06)
    canvas.rectangle((left + width * 0.02, foot - height * 0.22, right - width * 0.02, foot - height * 0.1), dark,
                     width * 0.03)  # fmt: skip
    lamp = (250, 240, 204) if is_front else (186, 24, 28)
    for lamp_left in (left + width * 0.04, right - width * 0.2):
        canvas.rectangle(
            (lamp_left, waist + height * 0.06, lamp_left + width * 0.16, waist + height * 0.17), lamp, width * 0.02
        )
    canvas.add((left, top, right, foot), _CAR)
    _draw_plate(canvas, (x, waist + height * rng.uniform(0.24, 0.34)), width * rng.uniform(0.38, 0.46), rng)


def _draw_plate(canvas, middle, width, rng):
    height = width * rng.uniform(0.3, 0.36)
    box = (middle[0] - width / 2, middle[1] - height / 2, middle[0] + width / 2, middle[1] + height / 2)
    ground, ink = _PLATE_COLOURS[rng.choice(3, p=[0.7, 0.2, 0.1])]
    number = "".join(map(str, rng.integers(0, 10, PLATE_DIGITS)))
    if width < _NARROWEST_PLATE:
        return
    canvas.rectangle(box, ink, height * 0.12)
    rim = max(height * 0.06, 0.34)
    canvas.rectangle((box[0] + rim, box[1] + rim, box[2] - rim, box[3] - rim), ground, height * 0.1)
    # A digit to each quarter of the plate: so are they found again.
    for place, digit in enumerate(number):
        canvas.text((box[0] + width * (place + 0.5) / PLATE_DIGITS, middle[1]), digit, height * 0.7, ink)
    canvas.add(box, _PLATE, number)


def _mix(colour, other, share):
    """Returns a colour between two: the other where the share is 1."""
    mixed = (1 - share) * np.array(colour) + share * np.array(other)
    return tuple(int(value) for value in mixed)


def _shade(colour, rng):
    """Returns a colour a little lighter or darker, and a little off."""
    shaded = np.array(colour) * rng.uniform(0.85, 1.12) + rng.normal(0, 5, 3)
    return tuple(int(value) for value in np.clip(shaded, 0, 255))


def _develop(canvas, rng):
    """Returns the street at its size, as a camera sees it: in some light, with some noise."""
    image = np.asarray(canvas.picture.reduce(_FINENESS), "float32")
    light = rng.uniform(0.65, 1.1) * np.array([1, 1, rng.uniform(0.92, 1.06)])
    image = image * light + rng.uniform(1, 5) * rng.standard_normal(image.shape, "float32")
    boxes = np.array(canvas.boxes, "float32").reshape(-1, 5)
    rows = np.column_stack([boxes, np.arange(len(boxes))])  # a column more, that says which are left
    visible_boxes = clip_boxes(rows, (HEIGHT, WIDTH), _LEAST_VISIBLE)
    numbers = tuple(canvas.numbers[int(row)] for row in visible_boxes[:, 5])
    return Street(np.clip(image.round(), 0, 255).astype("uint8"), visible_boxes[:, :5].astype("float32"), numbers)


def load(labels_per_class: int | None = None, seed: int = 0) -> Task:
    """Returns the task "streets": cars, plates and signs in drawn streets of 128 by 192 pixels.

    Args:
        labels_per_class: How many streets of training, whatever is in them; None takes all 200.
        seed: Which streets are drawn.

    Returns:
        A `Task` with the objective `Detection`, 60 streets of validation and 100 of test.

    Raises:
        ValueError: For a number of streets that there are not.

    Example:
    >>> ft.load_task("streets", 20)  # doctest: +SKIP
    <Task 'streets': detection, 128x192x3 pixels, 20 train / 60 validation / 100 test>
    """
    pool = _COUNTS["train"]
    chosen = np.arange(pool)
    if labels_per_class is not None:
        if not is_whole_number(labels_per_class) or not 1 <= labels_per_class <= pool:
            raise ValueError(f"There are {pool} streets to learn from. Received: labels_per_class={labels_per_class}.")
        chosen = np.sort(np.random.default_rng(seed).permutation(pool)[:labels_per_class])
    rows = {"train": chosen, "validation": range(_COUNTS["validation"]), "test": range(_COUNTS["test"])}
    splits = {}
    for part in PARTS:
        streets = [_street_of(part, int(row)) for row in rows[part]]
        images = np.stack([street.image for street in streets])
        targets = stack_targets([street.boxes for street in streets])
        splits[part] = Split(images, targets, [f"{part}-{row}" for row in rows[part]])
    return Task(
        "streets",
        **splits,
        class_names=CLASS_NAMES,
        source=SOURCE,
        licence=LICENCE,
        mirror=True,
        objective=Detection(),
    )


@functools.lru_cache(maxsize=sum(_COUNTS.values()))
def _street_of(part: str, row: int) -> Street:
    return draw_street([_SEED, PARTS.index(part), row])


def read_numbers(ids: Sequence[str] | np.ndarray) -> list[list[tuple[np.ndarray, str]]]:
    """Returns what is written on the plates of streets of the task.

    Args:
        ids: Of the streets, as `task.test.ids` has them.

    Returns:
        For each street the box `(4,)` and the number of each plate.
    """
    plates_by_street = []
    for street_id in ids:
        part, _, row = str(street_id).partition("-")
        street = _street_of(part, int(row))
        plates_by_street.append(
            [(box[:4], number) for box, number in zip(street.boxes, street.numbers, strict=True) if number]
        )
    return plates_by_street


def cut_digits(image: np.ndarray, box: Sequence[float] | np.ndarray) -> np.ndarray:
    """Returns the digits of a plate, cut out and made such as the digits that a reader has learnt from.

    The plate is cut into quarters. In each the ground becomes black and the ink bright, whichever colours they had.

    Args:
        image: Pixels 0-255, `(height, width, 3)`.
        box: x0, y0, x1, y1 of the plate, in pixels.

    Returns:
        `uint8` `(4, 32, 32, 1)`.

    Example:
    >>> street = draw_street(0)
    >>> plates = street.boxes[street.boxes[:, 4] == 1]
    >>> cut_digits(street.image, plates[0, :4]).shape
    (4, 32, 32, 1)
    """
    from PIL import Image

    grey = np.clip(np.asarray(image, "float32") @ [0.299, 0.587, 0.114], 0, 255)
    picture = Image.fromarray(grey.astype("uint8"))
    x0, y0, x1, y1 = (float(side) for side in box[:4])
    width, height = (x1 - x0) / PLATE_DIGITS, y1 - y0
    digits = []
    for place in range(PLATE_DIGITS):
        # The middle of the quarter, as high as the digits and a little more, square.
        middle_x, middle_y = x0 + (place + 0.5) * width, (y0 + y1) / 2
        half = 0.41 * height
        part = (middle_x - half, middle_y - half, middle_x + half, middle_y + half)
        cut = picture.transform((_DIGIT_SIDE, _DIGIT_SIDE), Image.Transform.EXTENT, part, Image.Resampling.BICUBIC)
        digits.append(np.asarray(cut, "float32"))
    # More than half of a plate is ground; ink is what differs most from it.
    apart = np.abs(np.stack(digits) - np.median(digits))
    ink = max(float(np.quantile(apart, 0.96)), 1.0)
    bright = np.clip(1.2 * apart / ink - 0.25, 0, 1) * 255
    return bright.round().astype("uint8")[..., None]
