"""From pictures to a finished run: what is checked, chosen, trained, and written about it."""

import contextlib
import dataclasses
import datetime
import os
import pathlib
import platform

from ftlib.app.fitting import smaller_batch, train
from ftlib.app.plan import configured, make_plan
from ftlib.app.run_files import digests_of, locked, read_json, write_json, write_rows
from ftlib.app.run_folder import FORMAT, Row, RunFolder, new_folder, read_config
from ftlib.files import LOCK, find_path
from ftlib.tasks.folder.inspection import inspect_data


def start(data, out, options, console, config=None):
    """Checks pictures, chooses what was not asked for, trains, and writes everything into a new folder.

    Args:
        data: A folder of class folders or a CSV file; None takes that of `config`.
        out: The new folder. None: `runs/NAME`.
        options: The `Options`.
        console: The `Console` to write to.
        config: A `config.json` of another run, to repeat it; `options` go before it.

    Returns:
        The finished `RunFolder`.

    Raises:
        ValueError, FileNotFoundError: For pictures and options that cannot be used, before any training.
        OSError: If the folder cannot be written.
    """
    if config is not None:
        recorded = read_config(config)
        data = recorded["data"]["path"] if data is None else data
        options = configured(recorded, options)
    options = options.checked()
    data = pathlib.Path(os.path.abspath(find_path(data)))
    wanted = pathlib.Path("runs") if out is None else pathlib.Path(out).expanduser()
    made = [folder for folder in (wanted, *wanted.parents) if not folder.exists()]
    place = new_folder(out, data.stem if data.is_file() else data.name)
    with locked(place):  # from here on: a second run in the same folder is refused
        try:
            console.say(f"the run is written to {place}\nchecking {data} ...")
            findings = inspect_data(data, near=options.near is not False)
            console.say(repr(findings))
            findings.require()
            folder = describe(place, data, findings)
            chosen = make_plan(folder, options, findings.report, console.say)
            console.say(repr(chosen))
            _settle(folder, chosen, options)
        except BaseException as error:
            if isinstance(error, OSError) and error.errno and error.filename is None:
                error.filename = str(place)  # a full disk, which says no more by itself
            if not (place / "config.json").exists():
                _remove(place, [*([place] if out is None else []), *made])
            raise
        return _go_on(folder, console, chosen)


def describe(place, data, findings):
    """Writes which picture is in which split.

    Args:
        place: Where the run is written.
        data: The folder or CSV file, an absolute path.
        findings: The `DataFindings`.

    Returns:
        A `RunFolder` whose configuration says what the pictures are, and is not saved yet.
    """
    table = data.is_file()
    root, report = data.parent if table else data, findings.report
    files = [(file, part) for part, listed in findings.parts.items() for file in listed]
    digests = digests_of([file[3] for file, _ in files])
    rows = [
        Row(_relative(file[3], root), file[2], part, report.groups.get(file[0], ""), digest)
        for (file, part), digest in zip(files, digests, strict=True)
    ]
    write_rows(place / "data.csv", rows)
    write_json(place / "findings.json", findings.to_dict())
    drawn = f", {' and '.join(findings.drawn)} drawn" if findings.drawn else ""
    known = {
        "path": str(data),
        "table": table,
        "name": data.stem if table else data.name,
        "source": f"{data.name}: {len(rows)} pictures{drawn}.",
        "class_names": list(report.class_names),
        "pictures": {part: len(listed) for part, listed in findings.parts.items()},
    }
    return RunFolder(place, {"format": FORMAT, "data": known, "model": {}, "training": {}, "notes": []})


def _relative(file, root):
    """Returns the path of a file below a folder, written alike by every system."""
    return pathlib.Path(os.path.relpath(file, root)).as_posix()


def _settle(folder, chosen, options):
    """Writes the model to start from and the configuration: from here on, the run can be resumed."""
    import keras

    from ftlib import __version__

    times, note = smaller_batch(chosen)
    folder.config["notes"] += [note] * bool(note)
    folder.config["training"] |= {
        "strategy": dataclasses.asdict(chosen.strategy),
        "regularization": chosen.regularization,
        "class_weight": options.class_weight,
        "updates": chosen.updates,
        "batch_size": chosen.batch_size,
        "parts": times,
        "devices": options.devices or 1,
        "precision": options.precision,
        "seed": options.seed or 0,
        "near": options.near is not False,
    }
    folder.config |= {
        "why": [f"backbone: {chosen.choice.why}", *chosen.why],
        "created": datetime.datetime.now().isoformat(timespec="seconds"),
        "versions": {
            "ftlib": __version__,
            "keras": keras.__version__,
            "python": platform.python_version(),
            "backend": keras.backend.backend(),
        },
    }
    part = folder.path / "part-start.keras"
    chosen.model.save(part)
    os.replace(part, folder.path / "start.keras")
    folder.save_config()


def _remove(place, made):
    """Empties the folder of a run that did not come to be, and removes the folders that were `made` for it."""
    for name in (LOCK, "data.csv", "findings.json", "start.keras", "part-start.keras"):
        (place / name).unlink(missing_ok=True)
    for folder in made:
        with contextlib.suppress(OSError):  # another run lies in it by now
            folder.rmdir()


def resume(folder, console):
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
        return _go_on(folder, console)


def _go_on(folder, console, chosen=None):
    """As `resume`, in a folder that is locked; `chosen` is the `Plan` of a run that is just beginning."""
    try:
        run = folder.run() if folder.finished else train(folder, console, chosen)
        return finish(folder, run, console)
    except BaseException as error:
        error.run = folder.path  # for whoever tells how to go on
        raise


def finish(folder, run, console):
    """Writes what is told about a trained run, where it is not there yet, and clears up."""
    from ftlib.evidence.metrics import measure

    if not (folder.path / "metrics.json").exists():
        console.say("measuring on the test pictures ...")
        write_json(folder.path / "class_names.json", list(run.class_names))
        write_json(folder.path / "metrics.json", measure(run))
    if not (folder.path / "report.html").exists():
        console.say("writing the report ...")
        write_report(folder, run)
    folder.clear()
    return folder


def write_report(folder, run=None):
    """Writes the report of a finished run into its folder.

    Args:
        folder: The `RunFolder`.
        run: Its `Run`, if it is loaded.

    Returns:
        The `pathlib.Path` of the report.
    """
    from ftlib.exports.export import load_exports
    from ftlib.report.folder_run import write

    run = folder.run() if run is None else run
    return write(
        run,
        folder.path / "report.html",
        findings=read_json(folder.path / "findings.json")["findings"],
        advice=folder.config["why"],
        card={"Backbone": str(folder.config["model"]["backbone"])},
        command=folder.repeat,
        exports=load_exports(folder.path / "export"),
    )
