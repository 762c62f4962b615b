"""The check of sounds of one's own: which can be used, which are copies, and what the network does not hear of them."""

import collections
import dataclasses
import hashlib
import os
import pathlib
import re
import statistics
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ftlib.errors import is_whole_number
from ftlib.files import find_path
from ftlib.tasks.folder.class_names import remarks_on_class_names
from ftlib.tasks.folder.data_report import FileReport, format_ids, sort_out_copies
from ftlib.tasks.folder.decode import map_in_threads
from ftlib.tasks.folder.picture_file import LostPictures, PictureFile, Skipped
from ftlib.tasks.folder.remark import Remark
from ftlib.tasks.folder.targets import CLASS_TARGET, Target
from ftlib.tasks.sound_files.listing import list_sounds
from ftlib.tasks.sound_files.read import decode_recording
from ftlib.text import format_count, format_list

DEFAULT_RATE = 16_000  # samples per second, as speech is recorded
DEFAULT_SECONDS = 1.0
_RATES = (1000, 192_000)  # that sounds may be resampled to
_LONGEST = 60.0  # seconds of a clip that a network takes
_SILENT_PEAK = 0.001  # of full scale: -60 dB
_FULL_SCALE = 0.999
_CLIPPED_SHARE = 0.001  # of the samples at full scale, from which on a sound counts as clipped
_ONE_RATE_SHARE = 0.9  # of the sounds of a class that have a rate of their own
# What speakers are called: speaker1, spk_02, p225, S001, 화자3, or eight digits of a hash.
_SPEAKER_NAMES = re.compile(
    r"(?:speaker|spk|spkr|voice|subject|subj|person|user|reader|client|actor|화자|사람)[ _-]?\w{1,4}|[a-z]{1,2}\d{2,5}"
    r"|\d{4,}|(?=[0-9a-f]*\d)[0-9a-f]{6,}",
    re.IGNORECASE,
)
_FEWEST_SPEAKERS = 3
_MOST_NAMED = 0.8  # of the files, whose names have to have several parts
_LEAST_SHARED = 0.3  # of the files, whose speaker has to speak in several classes


class SoundLook(NamedTuple):
    """What the file of a sound holds.

    Attributes:
        rate: Samples per second.
        channels: How many.
        seconds: How long it is.
        peak: The loudest sample of all channels together, from 0 to 1.
        clipped: Share of its samples that are as loud as a file can hold.
    """

    rate: int
    channels: int
    seconds: float
    peak: float
    clipped: float


@dataclasses.dataclass(frozen=True, repr=False)
class SoundReport(FileReport):
    """The result of `check_sounds`; it prints as text. Sounds are named by their path inside the folder, their id.

    Args:
        path: The folder, or the CSV file.
        class_names: The classes, sorted.
        files: The `PictureFile`s of the sounds that can be used, sorted by id, with the checksum of each.
        unreadable: `{id: reason}` of sounds left out because they are empty, damaged or of a format that is not read.
        conflicts: Groups of ids of one sound under different classes. All of them are left out.
        duplicates: Groups of ids of one sound in one class. The first is kept, the others are left out.
        skipped: `{id: Skipped}` of everything else that was not opened as a sound.
        looks: `{id: SoundLook}` of the sounds that can be used.
        sample_rate: Samples per second that the network takes.
        seconds: How much of each sound the network takes.
        leaks: Those groups of copies that were in more than one part.
        lost: `{id: LostPictures}` of files and folders that are not used although they hold sounds, since they are not
            in a class folder.
        respelled: `{name: number}` of names that several folders or files have, with accents in one letter or apart.
        target: What the labels say: one class each.
    """

    noun = "sound"

    path: pathlib.Path
    class_names: tuple[str, ...]
    files: tuple[PictureFile, ...]
    unreadable: dict[str, str]
    conflicts: tuple[tuple[str, ...], ...]
    duplicates: tuple[tuple[str, ...], ...]
    skipped: dict[str, Skipped]
    looks: dict[str, SoundLook]
    sample_rate: int = DEFAULT_RATE
    seconds: float = DEFAULT_SECONDS
    leaks: tuple[tuple[str, ...], ...] = ()
    lost: dict[str, LostPictures] = dataclasses.field(default_factory=dict)
    respelled: dict[str, int] = dataclasses.field(default_factory=dict)
    target: Target = CLASS_TARGET

    @property
    def length(self) -> int:
        """How many samples of each sound the network takes."""
        return round(self.seconds * self.sample_rate)

    @property
    def silent(self) -> tuple[str, ...]:
        """The ids of sounds in which there is hardly anything to hear: nothing above -60 dB of full scale."""
        return tuple(sound_id for sound_id, look in self.looks.items() if look.peak < _SILENT_PEAK)

    @property
    def clipped(self) -> tuple[str, ...]:
        """The ids of sounds that were recorded too loud: over 0.1 % of their samples are as loud as a file can hold."""
        return tuple(sound_id for sound_id, look in self.looks.items() if look.clipped > _CLIPPED_SHARE)

    @property
    def cut(self) -> tuple[str, ...]:
        """The ids of sounds that are longer than the network takes, and are cut at their end."""
        return tuple(sound_id for sound_id, look in self.looks.items() if self._samples_of(look) > self.length)

    @property
    def padded(self) -> tuple[str, ...]:
        """The ids of sounds that are shorter than the network takes, and are filled up with silence at their end."""
        return tuple(sound_id for sound_id, look in self.looks.items() if self._samples_of(look) < self.length)

    @property
    def rate_counts(self) -> dict[int, int]:
        """How many sounds have how many samples per second, `{rate: number}`."""
        return dict(sorted(collections.Counter(look.rate for look in self.looks.values()).items()))

    @property
    def classes_told_by_rate(self) -> tuple[str, ...]:
        """The classes whose sounds have another rate than those of the other classes, which gives them away."""
        counts_by_class: dict[str, collections.Counter[int]] = collections.defaultdict(collections.Counter)
        for file in self.files:
            counts_by_class[file.class_name][self.looks[file.id].rate] += 1
        all_counts = sum(counts_by_class.values(), collections.Counter())
        told = []
        for class_name, counts in counts_by_class.items():
            rate, count = counts.most_common(1)[0]
            own_count = sum(counts.values())
            others = all_counts.total() - own_count
            if others and count >= _ONE_RATE_SHARE * own_count:
                if all_counts[rate] - count <= (1 - _ONE_RATE_SHARE) * others:
                    told.append(class_name)
        return tuple(sorted(told))

    @property
    def classes_like_speakers(self) -> bool:
        """Whether the classes are called like speakers, and not like what is said."""
        names = self.class_names
        return len(names) >= _FEWEST_SPEAKERS and all(_SPEAKER_NAMES.fullmatch(name.strip()) for name in names)

    def _samples_of(self, look: SoundLook) -> int:
        return round(look.seconds * self.sample_rate)

    def remarks(self, limit: int = 3) -> list[Remark]:
        """Returns a `Remark` for each finding, naming at most `limit` sounds; none where all is well."""
        return [
            *self.unreadable_remarks(limit),
            *self.copy_remarks(limit),
            *self._loudness_remarks(limit),
            *self._length_remarks(limit),
            *self._form_remarks(limit),
            *self.lost_remarks(limit),
            *self.skipped_remarks(limit),
            *self._speaker_remarks(),
            *remarks_on_class_names(self.class_names, "sound"),
        ]

    def _loudness_remarks(self, limit: int) -> list[Remark]:
        remarks = []
        if self.silent:
            line = f"Used, but hardly anything to hear in {self._count(self.silent)}: {format_ids(self.silent, limit)}"
            remarks.append(Remark("silent", line))
        if self.clipped:
            line = f"Used, but recorded too loud (clipped), {self._count(self.clipped)}: "
            remarks.append(Remark("clipped", line + format_ids(self.clipped, limit)))
        return remarks

    def _length_remarks(self, limit: int) -> list[Remark]:
        total = format_count(len(self.files), "sound")
        remarks = []
        if self.cut:
            line = f"Cut at their end, {len(self.cut):,} of {total}: longer than the {self.seconds:g} s that are heard"
            remarks.append(Remark("cut", f"{line}: {format_ids(self.cut, limit)}"))
        if self.padded:
            line = f"Filled up with silence, {len(self.padded):,} of {total}: shorter than {self.seconds:g} s"
            remarks.append(Remark("padded", f"{line}: {format_ids(self.padded, limit)}"))
        return remarks

    def _form_remarks(self, limit: int) -> list[Remark]:
        remarks = []
        other_rates = {rate: count for rate, count in self.rate_counts.items() if rate != self.sample_rate}
        if other_rates:
            rates = ", ".join(f"{rate:,} Hz ({count:,})" for rate, count in other_rates.items())
            remarks.append(Remark("resampled", f"Resampled to {self.sample_rate:,} Hz: {rates}"))
        if self.classes_told_by_rate:
            names = format_list(self.classes_told_by_rate)
            line = (
                f"The rate of the files alone gives away {names}: a network may hear that, and not "
                "what is said. Record all classes in the same way."
            )
            remarks.append(Remark("rate tells class", line))
        mixed = tuple(sound_id for sound_id, look in self.looks.items() if look.channels > 1)
        if mixed:
            line = f"Mixed to one channel, {self._count(mixed)}: {format_ids(mixed, limit)}"
            remarks.append(Remark("mixed", line))
        return remarks

    def _speaker_remarks(self) -> list[Remark]:
        remarks = []
        if self.classes_like_speakers:
            line = (
                f"The classes look like speakers ({format_list(self.class_names)}): a network then learns who speaks, "
                "and not what is said. If that is not wanted, name what is said as the class, and the speaker in a "
                "column speaker of a CSV file."
            )
            remarks.append(Remark("speaker classes", line))
        speakers = {} if self.groups else find_speakers(self.files)
        if speakers:
            names = format_list(sorted(set(speakers.values())))
            line = (
                f"File names seem to say who speaks ({names}; {len(set(speakers.values())):,} in all). Where one voice "
                "is in training and in test, the test promises more than new voices will keep. Keep each in one split: "
                "--by-speaker (by_speaker=True), or a CSV file with a column speaker."
            )
            remarks.append(Remark("speakers", line))
        return remarks

    def _count(self, ids: Sequence[str]) -> str:
        return format_count(len(ids), "sound")

    def __repr__(self):
        kind = "Folder" if self.path.is_dir() else "Table"
        lines = [f"{kind} {str(self.path)!r}: {len(self.class_names)} classes, {len(self.files)} usable sounds"]
        lines += self.count_lines()
        lines.append(f"  {describe_lengths(self)}")
        findings = self.lines(limit=20) or ["Nothing to remark: no sound is empty, cut, clipped or there twice."]
        return "\n".join(lines + ["  " + line for line in findings])


def describe_lengths(report: SoundReport) -> str:
    """Returns in a sentence how long sounds are, and how much of them is heard."""
    seconds = [look.seconds for look in report.looks.values()] or [0.0]
    return (
        f"Lengths: {statistics.median(seconds):.2g} s (median), {min(seconds):.2g} to {max(seconds):.2g} s; "
        f"{report.seconds:g} s at {report.sample_rate:,} Hz are heard."
    )


def find_speakers(files: Sequence[PictureFile]) -> dict[str, str]:
    """Returns `{id: speaker}` where the names of files seem to say who speaks; empty where they do not.

    Names are taken apart at underscores and hyphens: `0a7c2a8d_nohash_0.wav`, `7_jackson_32.wav`. A part names speakers
    if it has several values, many of them in several classes, and is no short number, which counts takes.

    Example:
    >>> voices = ["kim", "lee", "yi"]
    >>> names = [f"{word}/{word}_{voice}_{take}.wav" for word in "ab" for voice in voices for take in "01"]
    >>> files = [PictureFile(name, "all", name[0], pathlib.Path(name)) for name in names]
    >>> sorted(set(find_speakers(files).values()))
    ['kim', 'lee', 'yi']
    """
    parts_by_id = {file.id: re.split(r"[_-]+", pathlib.PurePosixPath(file.id).stem) for file in files}
    parted = {file_id: parts for file_id, parts in parts_by_id.items() if len(parts) > 1}
    if len(parted) < _MOST_NAMED * len(files):
        return {}
    best: dict[str, str] = {}
    for place in range(max(map(len, parted.values()), default=0)):
        values = {file_id: parts[place] for file_id, parts in parted.items() if len(parts) > place}
        if len(set(values.values())) > len(set(best.values())) and _name_speakers(files, values):
            best = values
    return best


def _name_speakers(files: Sequence[PictureFile], values: dict[str, str]) -> bool:
    """Returns whether a part of the file names may name speakers."""
    classes_by_value, counts = collections.defaultdict(set), collections.Counter(values.values())
    for file in files:
        if file.id in values:
            classes_by_value[values[file.id]].add(file.class_name)
    is_take_number = all(value.isdecimal() and len(value) < 4 for value in counts)
    if is_take_number or len(counts) < _FEWEST_SPEAKERS:
        return False
    in_several_classes = sum(count for value, count in counts.items() if len(classes_by_value[value]) > 1)
    return in_several_classes >= _LEAST_SHARED * len(files)


def require_rate(sample_rate: int) -> int:
    """Returns a number of samples per second; raises a ValueError for one that makes no sense."""
    if not is_whole_number(sample_rate) or not _RATES[0] <= sample_rate <= _RATES[1]:
        raise ValueError(
            f"`sample_rate` is a number of samples per second, from {_RATES[0]:,} to {_RATES[1]:,}. Received: "
            f"sample_rate={sample_rate!r}."
        )
    return int(sample_rate)


def require_form(seconds: float, sample_rate: int) -> int:
    """Returns how many samples some seconds have at a rate.

    Raises:
        ValueError: For seconds, or a rate, that make no sense.
    """
    require_rate(sample_rate)
    is_number = isinstance(seconds, (int, float, np.number)) and not isinstance(seconds, bool)
    if not is_number or not 0.01 <= seconds <= _LONGEST:
        raise ValueError(f"`seconds` is a number from 0.01 to {_LONGEST:g}. Received: seconds={seconds!r}.")
    return round(float(seconds) * int(sample_rate))


def check_sounds(
    path: str | os.PathLike,
    training: bool = True,
    label_columns: Sequence[str] = (),
    seconds: float = DEFAULT_SECONDS,
    sample_rate: int = DEFAULT_RATE,
    by_speaker: bool = False,
) -> SoundReport:
    """Opens every sound of a folder of class folders, or of a CSV file, and says which can be used and which cannot.

    The same sound twice is used once, and in one split alone; under two classes it is not used at all. A sound is the
    same where its samples are, whatever else its file holds.

    Args:
        path: The folder: `FOLDER/CLASS/sound.wav`, or `FOLDER/train/CLASS/sound.wav` with `val`, `valid` or
            `validation` and `test` beside it. Or a `.csv` or `.tsv` file with a header line and the columns `path`
            (relative to the folder of the file) and `label`; optionally `split` and `group`, also called `speaker`:
            what must not be divided. WAV files of 8 to 32 bits or floats, with any number of channels and any rate;
            FLAC, OGG, MP3 and AIFF with the package `soundfile`.
        training: Whether a model is to be trained on the sounds. False asks for less: any classes, one is enough, in
            any parts.
        label_columns: The column of labels, if it is not called label, class, target, ...
        seconds: How much of each sound is used. Default 1: longer ones are cut at their end, shorter ones filled up.
        sample_rate: Samples per second that they are resampled to. Default 16,000, as for `minispeech`.
        by_speaker: Whether the names of files say who speaks, as `0a7c2a8d_nohash_0.wav` and `7_jackson_32.wav` do, and
            all sounds of one speaker go to one split. Default False: only what a column `group` says stays together.

    Returns:
        A `SoundReport`; print it.

    Raises:
        FileNotFoundError, NotADirectoryError: If there is no such folder or file.
        ValueError: If it is not arranged so, `seconds` or `sample_rate` make no sense, or no file name says who speaks.
        ImportError: For files that only `soundfile` reads, where it is not installed.

    Example:
    >>> report = check_sounds("sounds")  # doctest: +SKIP
    >>> report.silent  # doctest: +SKIP
    ('yes/broken_microphone.wav',)
    """
    require_form(seconds, sample_rate)
    sound_path = find_path(path)
    listing = list_sounds(sound_path, training, label_columns)
    files = _group_by_speaker(sound_path, listing.files) if by_speaker else listing.files
    inspections = map_in_threads(_inspect_file, [file.path for file in files])
    unreadable, looks, files_by_sound = {}, {}, collections.defaultdict(list)
    for file, inspection in zip(files, inspections, strict=True):
        if isinstance(inspection, str):
            unreadable[file.id] = inspection
            continue
        looks[file.id] = inspection.look
        files_by_sound[inspection.digest].append(file._replace(sha256=inspection.sha256))
    copies = sort_out_copies(files_by_sound.values())
    return SoundReport(
        path=sound_path,
        class_names=listing.class_names,
        files=copies.usable,
        unreadable=unreadable,
        conflicts=copies.conflicts,
        duplicates=copies.duplicates,
        skipped=listing.skipped,
        looks={file.id: looks[file.id] for file in copies.usable},
        sample_rate=int(sample_rate),
        seconds=float(seconds),
        leaks=copies.leaks,
        lost=listing.lost,
        respelled=listing.respelled,
        target=type(CLASS_TARGET)(tuple(label_columns)),
    )


def _group_by_speaker(path: pathlib.Path, files: Sequence[PictureFile]) -> list[PictureFile]:
    """Returns files whose groups are the speakers that their names say, where nothing else says a group."""
    speakers = find_speakers(files)
    if not speakers and not any(file.group for file in files):
        raise ValueError(
            f"The file names of {str(path)!r} do not say who speaks, as HASH_nohash_0.wav or 7_jackson_32.wav would. "
            "Leave out --by-speaker (by_speaker=True), or list the sounds in a CSV file with a column speaker."
        )
    return [file if file.group else file._replace(group=speakers.get(file.id, "")) for file in files]


class _Inspection(NamedTuple):
    """What one file turned out to be: its look, and checksums of its samples and of its bytes."""

    look: SoundLook
    digest: bytes
    sha256: str


def _inspect_file(path: pathlib.Path) -> _Inspection | str:
    """Returns what a sound file holds, or why it is unreadable."""
    try:
        content = path.read_bytes()
        recording = decode_recording(content, path.suffix)
    except OSError as error:  # it went away, or may not be read any more
        return error.strerror or str(error)
    except (ValueError, ImportError) as error:
        return str(error)
    loudness = np.abs(recording.channels)
    digest = hashlib.sha256(repr((recording.rate, recording.channels.shape[1])).encode())
    digest.update(np.ascontiguousarray(recording.channels).data)
    look = SoundLook(
        rate=recording.rate,
        channels=recording.channels.shape[1],
        seconds=len(recording.channels) / recording.rate,
        peak=float(np.abs(recording.mixed()).max()),
        clipped=float((loudness >= _FULL_SCALE).mean()),
    )
    return _Inspection(look, digest.digest(), hashlib.sha256(content).hexdigest())
