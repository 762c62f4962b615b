"""The two tracks of the lessons: the same code cells on letters and digits, or on photos."""

import dataclasses
import functools
import json
import os
import pathlib
from dataclasses import dataclass

import numpy as np

from ftlib.course.recorded_study import RecordedStudy
from ftlib.errors import find_name, unknown
from ftlib.evidence.comparison import Comparison
from ftlib.models.backbones import load_backbone
from ftlib.models.inference import device_kind
from ftlib.records import records_folder
from ftlib.tasks.online import PHOTO_ARCHIVES, is_at_hand, is_reachable, keras_home
from ftlib.tasks.registry import load_task

_UPDATES = {"glyph": 300, "photo": 10}
_WITH_GPU = {"photo": 200}
_SIDE = 96  # pixels of a photo: the smallest that MobileNetV2 was trained on, and so the quickest
_WEIGHTS = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_{_SIDE}_no_top.h5"  # as Keras calls and keeps them
_NO_PHOTOS = "Photos and ImageNet weights are not on this machine, and there is no network: digits stand in for them."
_RECORDS = records_folder("results")


@dataclass(frozen=True, repr=False)
class Track:
    """What a lesson works on; `track` makes it.

    Attributes:
        name: `"glyph"` or `"photo"`.
        updates: Optimizer steps of a run, which suit the track: 300 for `glyph`; 200 for `photo` on a GPU,
            and 10 without one, where its larger network would make a lesson long.
        photos: The photos of the track `photo`: a name or a folder.
        note: Why the track is not `photo`, where photos were wanted; otherwise empty.
    """

    name: str
    updates: int
    photos: str | pathlib.Path = "flowers"
    note: str = dataclasses.field(default="", compare=False)

    def __repr__(self):
        words = {
            "glyph": "Track 'glyph': scanned digits, backbone glyphnet pre-trained on letters",
            "photo": "Track 'photo': photos, backbone MobileNetV2 pre-trained on ImageNet",
        }[self.name]
        return f"{words}\n{self.note}" if self.note else words

    def task(self, labels_per_class=10, seed=0, validation_count=None):
        """Returns the `Task`: digits, or the photos of the track.

        Args:
            labels_per_class: Training images of each class; None takes all.
            seed: Which of them are drawn.
            validation_count: At most about so many validation images, of all classes alike. Default None: all.
        """
        if self.name == "glyph":
            task = load_task("digits", labels_per_class, seed)
        else:
            task = load_task(self.photos, labels_per_class, seed, image_size=_SIDE)
        if validation_count is None or len(task.validation) <= validation_count:
            return task
        by_class = np.argsort(task.validation.labels, kind="stable")
        places = np.linspace(0, len(by_class) - 1, validation_count).round().astype(int)
        return dataclasses.replace(task, validation=task.validation.take(np.sort(by_class[places])))

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
        """Returns what `results/NAME.json` holds, whichever track a lesson runs on: it says itself what was measured.

        A `Comparison`, where every row is a run of one strategy. Anything else is a `RecordedStudy`: the dict in the
        file, with `.scores(...)` for the seeds of a cell.

        Raises:
            ValueError: For a name that has no record.
            FileNotFoundError: Where somebody copied the package without its records.
        """
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
        return Comparison.from_dict(data) if "strategy" in rows[0] else RecordedStudy(data)


def track(name=None, photos=None):
    """Returns the track that a lesson runs on: backbone, task and settings that belong together.

    Args:
        name: `"glyph"` (offline, a minute on a CPU) or `"photo"` (ImageNet weights and photos, which Keras downloads
            once). Default None: the environment variable FTLIB_TRACK. Where that is not set either: `"glyph"`, or, with
            `photos`, `"photo"` if these and the weights are on this machine or can be downloaded.
        photos: `"flowers"`, `"cats_vs_dogs"`, or the path of a folder with one folder of photos per class (a
            `pathlib.Path`, or a string with a slash). Default None: flowers. The folder that the environment variable
            FTLIB_PHOTOS names stands in for the flowers.

    Returns:
        A `Track`.

    Raises:
        ValueError: For an unknown name.

    Example:
    >>> ft.track("glyph").task(labels_per_class=3)
    <Task 'digits': 10 classes, 8x8x1 pixels, 30 train / 200 validation / 500 test>
    """
    photo_source = _find_photos(photos)
    note = ""
    if name is None:
        name = os.environ.get("FTLIB_TRACK")
        if not name and photos is not None and _can_load(photo_source):
            name = "photo"
        elif not name:
            name = "glyph"
            note = "" if photos is None else _NO_PHOTOS
    if not isinstance(name, str) or name not in _UPDATES:
        raise unknown("track", name, _UPDATES)
    updates = (_WITH_GPU if device_kind() == "gpu" else {}).get(name, _UPDATES[name])
    return Track(name, updates, photo_source, note)


def _find_photos(photos):
    """Returns the name of a set of photos, or the path of a folder."""
    if isinstance(photos, pathlib.PurePath):
        return pathlib.Path(photos)
    if isinstance(photos, str) and any(sign in photos for sign in "/\\"):
        return pathlib.Path(photos).expanduser()
    known_name = find_name("set of photos", "flowers" if photos is None else photos, PHOTO_ARCHIVES)
    own_folder = os.environ.get("FTLIB_PHOTOS")
    return pathlib.Path(own_folder) if own_folder and known_name == "flowers" else known_name


def _can_load(photo_source):
    """Returns whether photos and ImageNet weights are on this machine, or can be downloaded."""
    have_photos = isinstance(photo_source, pathlib.Path) or is_at_hand(PHOTO_ARCHIVES[photo_source])
    have_weights = (keras_home() / "models" / _WEIGHTS).exists()
    return (have_photos and have_weights) or is_reachable(PHOTO_ARCHIVES["flowers"].address)


@functools.cache
def _letters():
    return load_task("glyphs")
