"""From pictures, texts or sounds to a finished run: what is checked, chosen, trained, and written about it."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import pathlib
import platform
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ftlib.app.console import Console
from ftlib.app.fitting import choose_batch_pieces, train_run_folder
from ftlib.app.options import Options
from ftlib.app.own_data import VOCABULARY_FILE, inspect_own_data, with_recorded_vocabulary
from ftlib.app.plan import Plan, make_plan
from ftlib.app.run_config import DataConfig, ModelConfig, RunConfig, TrainingConfig, read_config
from ftlib.app.run_files import PictureRow, locked, read_json, write_json, write_picture_rows
from ftlib.app.run_folder import RunFolder, make_run_folder
from ftlib.app.text_runs import save_tokenizer
from ftlib.files import LOCK, find_path, written_whole
from ftlib.tasks.folder.inspection import DataFindings

if TYPE_CHECKING:
    from ftlib.evidence.run import Run
    from ftlib.models.tokenizer import HubTokenizer, Tokenizer
    from ftlib.tasks.folder.picture_file import LabelledExample

_KIND_OF_NOUN = {"picture": "image", "text": "text", "sound": "audio"}


def start_fit(
    data: str | os.PathLike | None,
    out: str | os.PathLike | None,
    options: Options,
    console: Console,
    config: str | os.PathLike | None = None,
    players: bool = True,
) -> RunFolder:
    """Checks pictures, chooses what was not asked for, trains, and writes everything into a new folder.

    Args:
        data: A folder of class folders or a CSV file, of pictures, texts or sounds; None takes that of `config`.
        out: The new folder. None: `runs/NAME`.
        options: The `Options`.
        console: The `Console` to write to.
        config: A `config.json` of another run, to repeat it; `options` take precedence over it.
        players: Whether the report of sounds holds some of them, to be played.

    Returns:
        The finished `RunFolder`.

    Raises:
        ValueError, FileNotFoundError: For pictures and options that cannot be used, before any training.
        OSError: If the folder cannot be written.
    """
    if config is not None:
        recorded_config = read_config(config)
        data = recorded_config.data.path if data is None else data
        options = with_recorded_vocabulary(options.filled_from(recorded_config), recorded_config, config)
    assert data is not None, "pictures, or a configuration that names them"
    checked_options = options.checked()
    data_path = pathlib.Path(os.path.abspath(find_path(data)))
    run_dir, created_folders = make_run_folder(out, data_path.stem if data_path.is_file() else data_path.name)

    with locked(run_dir):  # from here on: a second run in the same folder is refused
        try:
            folder, plan = _prepare(run_dir, data_path, checked_options, console, players)
        except BaseException as error:
            if isinstance(error, OSError) and error.errno and error.filename is None:
                error.filename = str(run_dir)  # a full disk, which says no more by itself
            if not (run_dir / "config.json").exists():
                _discard_unstarted_run(run_dir, created_folders)
            raise
        return _train_and_finish(folder, console, plan)


def _prepare(
    run_dir: pathlib.Path, data: pathlib.Path, options: Options, console: Console, players: bool
) -> tuple[RunFolder, Plan]:
    """Checks the pictures and chooses what was not asked for; afterwards the run can be resumed."""
    console.say(f"the run is written to {run_dir}")
    with console.step(f"checking {data} ..."):
        findings, tokenizer = inspect_own_data(data, options)
    console.say(repr(findings))
    findings.require()
    folder = create_run_folder(run_dir, data, findings, tokenizer, options.by_speaker)
    folder.config.players = players
    with console.sign_of_life():  # probes take a minute
        plan = make_plan(folder, options, findings.report, console.say)
    console.say(repr(plan))
    _write_start(folder, plan, options)
    return folder, plan


def create_run_folder(
    run_dir: pathlib.Path,
    data: pathlib.Path,
    findings: DataFindings,
    tokenizer: Tokenizer | HubTokenizer | None = None,
    by_speaker: bool = False,
) -> RunFolder:
    """Writes which picture, or text, is in which split, and the vocabulary of texts.

    Args:
        run_dir: Where the run is written.
        data: The folder or CSV file, an absolute path.
        findings: The `DataFindings`.
        tokenizer: The tokenizer of texts; None for anything else.
        by_speaker: Whether the names of sounds say who speaks.

    Returns:
        A `RunFolder` whose configuration says what the pictures are, and is not saved yet.
    """
    is_table = data.is_file()
    root = data.parent if is_table else data
    rows = [
        PictureRow(_place_of(file, root), file.class_name, split, file.group, file.sha256)
        for split, files in findings.files_by_split.items()
        for file in files
    ]
    write_picture_rows(run_dir / "data.csv", rows)
    write_json(run_dir / "findings.json", findings.to_dict())
    drawn_text = f", {' and '.join(findings.drawn)} drawn" if findings.drawn else ""
    data_config = DataConfig(
        path=str(data),
        table=is_table,
        name=data.stem if is_table else data.name,
        source=f"{data.name}: {len(rows)} {findings.report.noun}s{drawn_text}.",
        class_names=list(findings.report.class_names),
        pictures={split: len(files) for split, files in findings.files_by_split.items()},
        target=findings.report.target.name,
        label_columns=list(findings.report.target.columns),
        box_format=getattr(findings.report, "box_format", ""),
        group_pattern=getattr(findings.report, "group_pattern", None),
        kind=_KIND_OF_NOUN[findings.report.noun],
        sample_rate=getattr(findings.report, "sample_rate", 0),
        by_speaker=by_speaker,
    )
    folder = RunFolder(run_dir, RunConfig(data_config))
    if tokenizer is not None:
        save_tokenizer(folder, tokenizer)
    return folder


def _place_of(example: LabelledExample, root: pathlib.Path) -> str:
    """Returns how `data.csv` calls an example: a picture by its path below a folder, a text by its id."""
    path = getattr(example, "path", None)
    return example.id if path is None else _relative_path(path, root)


def _relative_path(file: pathlib.Path, root: pathlib.Path) -> str:
    """Returns the path of a file below a folder, written the same way on every system."""
    return pathlib.Path(os.path.relpath(file, root)).as_posix()


def _write_start(folder: RunFolder, plan: Plan, options: Options) -> None:
    """Writes the model to start from and the configuration: from here on, the run can be resumed."""
    import keras

    from ftlib import __version__

    batch_pieces, note = choose_batch_pieces(plan)
    if note:
        folder.config.notes.append(note)
    folder.config.model = ModelConfig(
        backbone=plan.choice.backbone,
        image_size=plan.choice.image_size,
        image_shape=list(plan.task.input_shape),
    )
    folder.config.training = TrainingConfig(
        mirror=plan.task.mirror,
        strategy=dataclasses.asdict(plan.strategy),
        regularization=plan.regularization,
        class_weight=options.class_weight,
        updates=plan.updates,
        batch_size=plan.batch_size,
        batch_pieces=batch_pieces,
        devices=options.devices or 1,
        precision=options.precision,
        seed=options.seed or 0,
        near=options.find_near_copies,
    )
    folder.config.why = plan.reasons
    folder.config.created = datetime.datetime.now().isoformat(timespec="seconds")
    folder.config.versions = {
        "ftlib": __version__,
        "keras": keras.__version__,
        "python": platform.python_version(),
        "backend": keras.backend.backend(),
    }
    with written_whole(folder.path / "start.keras") as part_path:
        plan.model.save(part_path)
    folder.save_config()


def _discard_unstarted_run(run_dir: pathlib.Path, created_folders: Iterable[pathlib.Path]) -> None:
    """Empties the folder of a run that did not come to be, and removes the folders that were made for it."""
    for name in (LOCK, "data.csv", "findings.json", VOCABULARY_FILE, "start.keras", "part-start.keras"):
        (run_dir / name).unlink(missing_ok=True)
    for folder in created_folders:
        with contextlib.suppress(OSError):  # another run lies in it by now
            folder.rmdir()


def resume_fit(folder: RunFolder, console: Console) -> RunFolder:
    """Goes on with a run where it was, to the end: training, figures, report.

    Args:
        folder: The `RunFolder`.
        console: The `Console` to write to.

    Returns:
        The `RunFolder`, finished.

    Raises:
        ValueError: If another process is training it.
    """
    with locked(folder.path):
        return _train_and_finish(folder, console)


def _train_and_finish(folder: RunFolder, console: Console, plan: Plan | None = None) -> RunFolder:
    """As `resume_fit`, in a folder that is locked; `plan` is that of a run that is just beginning."""
    try:
        run = folder.run() if folder.is_trained else train_run_folder(folder, console, plan)
        return write_results(folder, run, console)
    except BaseException as error:
        error.run_dir = folder.path  # pyright: ignore[reportAttributeAccessIssue]  (read where a way on is named)
        raise


def write_results(folder: RunFolder, run: Run, console: Console) -> RunFolder:
    """Writes the figures and the report of a trained run, where they are missing, and clears up."""
    from ftlib.evidence.metrics import measure

    if not (folder.path / "metrics.json").exists():
        with console.step(f"measuring on the test {folder.noun}s ..."):
            write_json(folder.path / "class_names.json", list(folder.class_names))
            write_json(folder.path / "metrics.json", measure(run))
    if not (folder.path / "report.html").exists():
        with console.step("writing the report ..."):
            write_run_report(folder, run)
    folder.remove_training_files()
    return folder


def write_run_report(folder: RunFolder, run: Run | None = None) -> pathlib.Path:
    """Writes the report of a finished run into its folder.

    Args:
        folder: The `RunFolder`.
        run: Its `Run`, if it is loaded.

    Returns:
        The path of the report.
    """
    from ftlib.exports.export import load_exports
    from ftlib.report import write_model_report

    return write_model_report(
        folder.run() if run is None else run,
        folder.path / "report.html",
        findings=read_json(folder.path / "findings.json")["findings"],
        advice=folder.config.why,
        card={"Backbone": str(folder.config.chosen_model.backbone)},
        command=folder.repeat_command,
        exports=load_exports(folder.path / "export"),
        players=folder.config.players,
    )
