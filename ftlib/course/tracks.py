"""The two tracks of the lessons: the same code cells on letters and digits, or on photos."""

import functools
import json
import os
import pathlib
from dataclasses import dataclass

from ftlib.errors import unknown
from ftlib.evidence.comparison import Comparison
from ftlib.models.backbones import load_backbone
from ftlib.models.inference import device_kind
from ftlib.records import records_folder
from ftlib.tasks.registry import load_task

_UPDATES = {"glyph": 300, "photo": 10}
_WITH_GPU = {"photo": 200}
_SIDE = 96  # pixels of a photo: the smallest that MobileNetV2 was trained on, and so the quickest
_RECORDS = records_folder("results")


@dataclass(frozen=True, repr=False)
class Track:
    """What a lesson works on; `track` makes it.

    Attributes:
        name: `"glyph"` or `"photo"`.
        updates: Optimizer steps of a run, which suit the track: 300 for `glyph`; 200 for `photo` on a GPU,
            and 10 without one, where its larger network would make a lesson long.
    """

    name: str
    updates: int

    def __repr__(self):
        return {
            "glyph": "Track 'glyph': scanned digits, backbone glyphnet pre-trained on letters",
            "photo": "Track 'photo': photos, backbone MobileNetV2 pre-trained on ImageNet",
        }[self.name]

    def task(self, labels_per_class=10, seed=0):
        """Returns the `Task`: digits, or the photos in FTLIB_PHOTOS (a folder of class folders), or flowers."""
        if self.name == "glyph":
            return load_task("digits", labels_per_class, seed)
        place = os.environ.get("FTLIB_PHOTOS")
        if place:
            return load_task(pathlib.Path(place), labels_per_class, seed, image_size=_SIDE)
        return load_task("flowers", labels_per_class, seed, image_size=_SIDE)

    @property
    def backbone(self):
        """The pre-trained backbone, loaded anew each time, so that no cell sees what another one did to it."""
        if self.name == "glyph":
            return load_backbone("glyphnet")
        return load_backbone("MobileNetV2", image_size=_SIDE)

    @property
    def source_task(self):
        """The `Task` of the pre-training (letters); None on the photo track, since ImageNet is not at hand."""
        return _letters() if self.name == "glyph" else None

    def recorded(self, name):
        """Returns what `results/NAME.json` holds; None on the photo track, which has no record.

        A `Comparison`, where every row is a run of one strategy. Anything else, such as the rows of `"transfer"` with
        several runs each, comes as the plain dict in the file.

        Raises:
            ValueError: For a name that has no record.
            FileNotFoundError: Where somebody copied the package without its records.
        """
        if self.name != "glyph":
            return None
        if not _RECORDS.is_dir():
            raise FileNotFoundError(
                f"The recorded results belong in {_RECORDS}, and are not there. Install ftlib again, from its whole "
                "repository or its wheel."
            )
        known = [path.stem for path in _RECORDS.glob("*.json")]
        if name not in known:
            raise unknown("recorded result", name, known)
        data = json.loads((_RECORDS / f"{name}.json").read_text(encoding="utf-8"))
        rows = data.get("rows") or [{}]
        return Comparison.from_dict(data) if "strategy" in rows[0] else data


def track(name=None):
    """Returns the track that a lesson runs on: backbone, task and settings that belong together.

    Args:
        name: `"glyph"` (offline, a minute on a CPU) or `"photo"` (ImageNet weights and photos, which Keras downloads
            once). Default None: the environment variable FTLIB_TRACK, or else `"glyph"`.

    Returns:
        A `Track`.

    Raises:
        ValueError: For an unknown name.

    Example:
    >>> ft.track("glyph").task(labels_per_class=3)
    <Task 'digits': 10 classes, 8x8x1 pixels, 30 train / 200 validation / 500 test>
    """
    name = os.environ.get("FTLIB_TRACK") or "glyph" if name is None else name
    if not isinstance(name, str) or name not in _UPDATES:
        raise unknown("track", name, _UPDATES)
    return Track(name, (_WITH_GPU if device_kind() == "gpu" else {}).get(name, _UPDATES[name]))


@functools.cache
def _letters():
    return load_task("glyphs")
