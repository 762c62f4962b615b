"""The commands for your own pictures: check, advise, fit, predict, evaluate, report, export, runs."""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import tempfile
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ftlib.app.console import Console, quiet_stderr, utf8
from ftlib.app.predicting import ANSWER_FORMATS
from ftlib.app.stopping import stoppable
from ftlib.errors import find_name
from ftlib.files import find_path
from ftlib.text import format_command, wrap_text

if TYPE_CHECKING:
    from ftlib.app.options import Options
    from ftlib.app.run_folder import RunFolder

_EXIT_CODES = "exit codes: 0 done, 1 failed, 2 wrong usage or pictures that cannot be used, 130 stopped with Ctrl-C"
# For each command: what it does, in a few words and at length, and how it is typed.
_TEXTS = {
    "check": (
        "look at every picture of a folder, every text or every sound",
        "Looks at every picture and tells what a run should know: unreadable files, copies and near copies,\n"
        "leaks between splits, uneven classes, sizes. Of texts: empty ones, copies, those longer than the network\n"
        "takes, characters that its vocabulary does not know. Of sounds: damaged files, silence, clipping, rates,\n"
        "lengths, copies, speakers in several splits. It changes nothing.",
        "ftlib check flowers\nftlib check reviews.csv --json > findings.json\nftlib check sounds --by-speaker",
    ),
    "advise": (
        "recommend a backbone and a strategy for a folder",
        "Checks the pictures and tells what `ftlib fit` would do with them, and why: backbone, strategy, rates,\n"
        "memory and time. Nothing is trained but linear probes.",
        "ftlib advise flowers\nftlib advise flowers --backbone EfficientNetV2B0",
    ),
    "fit": (
        "train on your own pictures, texts or sounds",
        "Checks the data, chooses backbone, strategy, regularization and rates (each can be given), trains,\n"
        "and writes a model, its figures and a report into a folder: model.keras (which opens without ftlib),\n"
        "class_names.json, metrics.json, report.html, config.json. Ctrl-C stops a run, and nothing is lost.",
        "ftlib fit flowers                              one folder of pictures per class\n"
        "ftlib fit labels.csv                           columns path and label; also split, group\n"
        "ftlib fit reviews.csv                          texts: columns text and label; also split, group, id\n"
        "ftlib fit sounds                               one folder of .wav files per class\n"
        "ftlib fit cars                                 pictures with boxes: COCO json, VOC xml or YOLO txt\n"
        "ftlib fit tags.csv --target multilabel         several labels each: dog|grass\n"
        "ftlib fit weights.csv --target regression      numbers\n"
        "ftlib fit flowers --strategy lp_ft --updates 600 --out runs/longer\n"
        "ftlib fit --resume runs/flowers                go on with a run that was stopped\n"
        "ftlib fit --config runs/flowers/config.json    the same run once more",
    ),
    "predict": (
        "say what a model answers to pictures, texts or sounds",
        "Names the class of pictures, all their labels, or their numbers, with the model of a run. Files that are not\n"
        "pictures are listed as well, and the exit code is then 1. A run on texts takes CSV files with a column text,\n"
        "and text files with one text in each line; one on sounds takes sound files, and folders of them.",
        "ftlib predict runs/flowers photo.jpg\nftlib predict runs/flowers new_photos --format csv > said.csv\n"
        "ftlib predict runs/flowers new_photos --top 3 --json\nftlib predict runs/reviews new.csv --format csv",
    ),
    "evaluate": (
        "measure a run on its test pictures, or on others",
        "Tells how good a run is, with 95 % intervals: on its own test pictures, or on all of another folder\n"
        "with the same classes, less those that it was trained on.",
        "ftlib evaluate runs/flowers\nftlib evaluate runs/flowers --on next_year --json\n"
        "ftlib evaluate runs/reviews --on other.csv",
    ),
    "report": (
        "write the report of a run",
        "Writes the report of a run once more: one HTML file that needs no network.",
        "ftlib report runs/flowers",
    ),
    "export": (
        "write the model of a run in other formats",
        "Writes the model of a run in other formats. Each is loaded in its own runtime and must give the answers of\n"
        "the trained model on real pictures before its file is put in its place. Writes a table of sizes and\n"
        "latencies, and export.json, which tells a program what goes in and what comes out.",
        "ftlib export runs/flowers --format onnx\nftlib export runs/flowers --format litert --out for_phones",
    ),
    "runs": (
        "list the runs in a folder",
        "Lists the runs below a folder, the newest first.",
        "ftlib runs\nftlib runs experiments --json",
    ),
}  # fmt: skip


_PREDICTED = {"picture": "PICTURE", "text": "TEXTS.csv", "sound": "SOUND.wav"}  # what the next command is told


class Help(argparse.RawDescriptionHelpFormatter):
    """Help with room for the longest option."""

    def __init__(self, prog: str):
        super().__init__(prog, max_help_position=32)


def add_commands(commands) -> None:
    """Adds the commands to a parser's `commands`, each with a function `command(args)` that returns an exit code."""
    functions = {
        "check": _check,
        "advise": _advise,
        "fit": _fit,
        "predict": _predict,
        "evaluate": _evaluate,
        "report": _report,
        "export": _export,
        "runs": _runs,
    }
    parsers = {name: _add_command(commands, name, function) for name, function in functions.items()}
    _add_data(parsers["check"])
    _add_image_size(parsers["check"])
    _add_data(parsers["advise"])
    _add_data(parsers["fit"], "?")
    _add_fit_arguments(parsers["fit"])
    for name in ("advise", "fit"):
        _add_options(parsers[name])
    _add_players(parsers["report"])
    for name in ("predict", "evaluate", "report", "export"):
        parsers[name].add_argument("run", type=find_path, metavar="RUN", help="the folder of a run")
    _add_predict_arguments(parsers["predict"])
    _add_evaluate_arguments(parsers["evaluate"])
    _add_export_arguments(parsers["export"])
    runs_folder = pathlib.Path("runs")
    parsers["runs"].add_argument(
        "folder", nargs="?", type=find_path, default=runs_folder, metavar="FOLDER", help="folder to search (runs)"
    )


def _add_command(commands, name: str, function: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
    summary, description, examples = _TEXTS[name]
    example_lines = "\n".join(f"  {line}" for line in examples.splitlines())
    parser = commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=f"examples:\n{example_lines}\n\n{_EXIT_CODES}",
        formatter_class=Help,
    )
    parser.add_argument("--json", action="store_true", help="write the result as one JSON document")
    parser.add_argument("--quiet", action="store_true", help="write the result alone, no progress")
    parser.set_defaults(command=function)
    return parser


def _add_data(parser: argparse.ArgumentParser, nargs: str | None = None) -> None:
    parser.add_argument(
        "--target",
        type=str.lower,
        metavar="KIND",
        help="what the labels of a CSV file say: class, multilabel (several, parted by |) or regression (class); boxes",
    )
    parser.add_argument(
        "--label-column",
        dest="label_columns",
        action="append",
        metavar="NAME",
        help="the column of labels, if it is not called label; several times for several numbers",
    )
    parser.add_argument(
        "--box-format", metavar="FORMAT", help="of boxes: coco, voc or yolo, if a folder has several (the one there)"
    )
    parser.add_argument(
        "--group-pattern",
        metavar="REGEX",
        help="of boxes: finds in a path what is never divided, such as a film: '([^/]+)_frame'",
    )
    parser.add_argument("--tokenizer", metavar="NAME", help="for texts: a name or a vocabulary file (the backbone's)")
    parser.add_argument(
        "--seconds", type=float, help="of sounds: how much of each is used (as the backbone takes, or 1)"
    )
    parser.add_argument("--sample-rate", type=int, metavar="HERTZ", help="of sounds: samples per second (16000)")
    parser.add_argument(
        "--by-speaker",
        action="store_true",
        help="of sounds: file names say who speaks, as HASH_nohash_0.wav; each speaker goes to one split",
    )
    data_help = "a folder with one folder of pictures (or sounds) per class, in train, val, test or not; or a CSV file"
    parser.add_argument("data", nargs=nargs, type=find_path, metavar="FOLDER", help=data_help)
    parser.add_argument(
        "--no-near",
        dest="find_near_copies",
        action="store_false",
        help="do not look for near copies: where pictures are meant to look alike",
    )


def _add_image_size(parser) -> None:
    parser.add_argument("--image-size", type=int, metavar="PIXELS", help="side of the images")


def _add_fit_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=pathlib.Path, help="a new folder for the run (runs/NAME)")
    parser.add_argument("--resume", type=find_path, metavar="RUN", help="go on with this run")
    parser.add_argument("--config", type=find_path, metavar="FILE", help="repeat the run of this config.json")
    _add_players(parser)


def _add_players(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--no-players",
        dest="players",
        action="store_false",
        help="of sounds: leave out of the report those that can be played, where voices are nobody else's business",
    )


def _add_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("options, chosen for you where you leave them out")
    group.add_argument("--backbone", help="a name from `ftlib backbones`, hub:PRESET, or a .keras file")
    _add_image_size(group)
    group.add_argument("--strategy", help="scratch, feature_extraction, lp_ft, gradual, ...")
    group.add_argument("--rate", type=float, help="learning rate of the last phase")
    group.add_argument("--regularization", metavar="PRESET", help="none, light, standard or strong")
    group.add_argument("--updates", type=int, help="optimizer steps (ten passes, at least 300; with boxes twice that)")
    group.add_argument("--batch-size", type=int, metavar="IMAGES", help="images per update (32)")
    devices_help = "how many devices share each batch, or all (1)"
    group.add_argument("--devices", type=_devices, metavar="NUMBER", help=devices_help)
    group.add_argument("--precision", metavar="POLICY", help="mixed_float16 or mixed_bfloat16, for a GPU (float32)")
    group.add_argument("--class-weight", metavar="balanced", help="let every class count the same (off)")
    group.add_argument(
        "--mirror",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="whether mirrored pictures keep their class; --no-mirror for writing, or left and right",
    )
    group.add_argument("--seed", type=int, help="seed of all that is random (0)")


def _add_predict_arguments(parser: argparse.ArgumentParser) -> None:
    what = "files, or folders of them; for a run on texts CSV or text files"
    parser.add_argument("pictures", nargs="+", type=find_path, metavar="PICTURE", help=what)
    parser.add_argument(
        "--format",
        type=one_of("format", ANSWER_FORMATS),
        metavar="FORMAT",
        help="how to write the answers: table, csv or json (table)",
    )
    parser.add_argument("--top", type=int, default=1, help="how many classes to name for each picture (1)")
    parser.add_argument("--threshold", type=float, metavar="SHARE", help="of boxes: probability of one at least (0.3)")
    parser.add_argument(
        "--draw", type=pathlib.Path, metavar="FOLDER", help="of boxes: also write the pictures with them"
    )
    parser.add_argument("--out", type=pathlib.Path, help="a file to write to, instead of standard output")


def _add_evaluate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--on", type=find_path, metavar="FOLDER", help="others: a folder or a CSV file")
    parser.add_argument("--data", type=find_path, metavar="FOLDER", help="where the run's own pictures are now")


def _add_export_arguments(parser: argparse.ArgumentParser) -> None:
    formats = "keras, savedmodel, onnx, litert"
    parser.add_argument("--format", nargs="+", required=True, metavar="FORMAT", help=formats)
    parser.add_argument("--out", type=pathlib.Path, help="a folder to write to (RUN/export)")


def one_of(kind: str, known_names: Iterable[str]) -> Callable[[str], str]:
    """Returns a function for argparse that takes one of some names, in small or capital letters."""

    def read(text: str) -> str:
        try:
            return find_name(kind, text, known_names)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _devices(text: str) -> int | str:
    lower_text = text.lower()
    if lower_text == "all":
        return lower_text
    if not lower_text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number, or all. Received: {lower_text!r}")
    return int(lower_text)


def _options(args: argparse.Namespace) -> Options:
    from ftlib.app.options import Options

    return Options(**{field.name: getattr(args, field.name) for field in dataclasses.fields(Options)})


def _console(args: argparse.Namespace) -> Console:
    return Console(args.quiet, args.json)


def _check(args: argparse.Namespace) -> int:
    console = _console(args)
    with quiet_stderr():
        from ftlib.app.options import Options
        from ftlib.app.own_data import inspect_own_data

        names = (
            "find_near_copies",
            "target",
            "label_columns",
            "tokenizer",
            "box_format",
            "group_pattern",
            "image_size",
        )
        names += ("seconds", "sample_rate", "by_speaker")
        findings, _ = inspect_own_data(args.data, Options(**{name: getattr(args, name) for name in names}))
    console.result(repr(findings), findings.to_dict())
    return 0 if findings.usable else 2


def _advise(args: argparse.Namespace) -> int:
    console = _console(args)
    with quiet_stderr(), tempfile.TemporaryDirectory(prefix="ftlib-") as temporary_folder:
        from ftlib.app.own_data import inspect_own_data
        from ftlib.app.plan import make_plan
        from ftlib.app.project import create_run_folder

        options = _options(args).checked()
        with console.step(f"checking {args.data} ..."):
            findings, tokenizer = inspect_own_data(args.data, options)
        console.say(repr(findings))
        findings.require()
        data_path = pathlib.Path(os.path.abspath(args.data.expanduser()))
        folder = create_run_folder(pathlib.Path(temporary_folder), data_path, findings, tokenizer, options.by_speaker)
        with console.sign_of_life():  # probes take a minute
            plan = make_plan(folder, options, findings.report, console.say)
    console.result(repr(plan), {"plan": plan.to_dict(), "data": findings.to_dict()})
    console.say("\n`ftlib fit` with the same arguments does this.")
    return 0


def _fit(args: argparse.Namespace) -> int:
    if args.resume is not None and args.config is not None:
        raise ValueError("--resume goes on with one run, --config begins another: use only one of them.")
    if args.data is None and args.resume is None and args.config is None:
        raise ValueError("Pictures are needed: ftlib fit FOLDER. `ftlib fit --help` has examples.")
    console = _console(args)
    with stoppable(console, args.resume), quiet_stderr():
        from ftlib.app.project import resume_fit, start_fit
        from ftlib.app.run_folder import RunFolder

        if args.resume is None:
            folder = start_fit(args.data, args.out, _options(args), console, args.config, args.players)
        else:
            _require_no_options(args)
            folder = RunFolder(args.resume)
            if args.data is not None:
                folder.record_pictures_root(args.data)
            folder = resume_fit(folder, console)
    _show_run(folder, console)
    return 0


def _require_no_options(args: argparse.Namespace) -> None:
    """Raises a ValueError for options that a run which goes on has decided already."""
    from ftlib.app.options import Options

    defaults = {"out": None, **{field.name: field.default for field in dataclasses.fields(Options)}}
    given_flags = [_flag(name, args) for name, default in defaults.items() if getattr(args, name) != default]
    if given_flags:
        new_command = format_command("fit", "--config", args.resume / "config.json", *given_flags)
        raise ValueError(
            f"--resume goes on as the run began, so that {', '.join(given_flags)} cannot change it. Begin another run "
            f"with: {new_command} ..."
        )


def _flag(name: str, args: argparse.Namespace) -> str:
    """Returns an option as it was typed."""
    if name == "find_near_copies":
        return "--no-near"
    if name == "label_columns":
        return "--label-column"
    if name == "mirror" and not args.mirror:
        return "--no-mirror"
    return "--" + name.replace("_", "-")


def _show_run(folder: RunFolder, console: Console) -> None:
    from ftlib.app.metrics_text import format_headline, format_metrics
    from ftlib.app.run_files import read_json

    metrics = read_json(folder.path / "metrics.json")
    paths = {"model": folder.path / "model.keras", "report": folder.path / "report.html"}
    lines = [format_headline(metrics) if console.quiet else f"\n{format_metrics(metrics)}\n"]
    lines += [wrap_text(note, "note    ") for note in folder.config.notes]
    lines += [f"{title:<8}{path}" for title, path in paths.items()]
    if not console.quiet:
        lines.append(f"next    {format_command('predict', folder.path, _PREDICTED[folder.noun])}")
    data = {"run": str(folder.path), **{title: str(path) for title, path in paths.items()}, "metrics": metrics}
    console.result("\n".join(lines), data)


def _predict(args: argparse.Namespace) -> int:
    answer_format = "json" if args.json else args.format or "table"
    console = Console(args.quiet, answer_format == "json")
    with quiet_stderr():
        from ftlib.app.box_answers import draw_answers, require_draw_folder
        from ftlib.app.predicting import find_input_files, format_answers, predict, require_writable
        from ftlib.app.run_files import write_text
        from ftlib.app.run_folder import RunFolder

        folder = RunFolder(args.run)
        input_files = find_input_files(folder, args.pictures)
        require_writable(args.out, input_files)
        require_draw_folder(args.draw, folder, input_files)
        predictions = predict(args.run, args.pictures, args.top, console.say, args.threshold)
        if args.draw is not None:
            drawn = draw_answers(predictions.answers, folder.class_names, args.draw)
            console.say(f"{len(drawn)} pictures drawn into {args.draw}")
    text = format_answers(predictions, answer_format)
    if args.out is not None:
        write_text(args.out, utf8(text).decode() + "\n")
        console.say(f"written to {args.out}")
    elif answer_format == "table":
        console.result(text, None)
    else:
        console.document(text)
    return 1 if any(answer.error for answer in predictions.answers) else 0


def _evaluate(args: argparse.Namespace) -> int:
    console = _console(args)
    with quiet_stderr():
        from ftlib.app.evaluating import evaluate
        from ftlib.app.metrics_text import format_metrics

        metrics = evaluate(args.run, args.on, args.data, console.say)
    console.result(format_metrics(metrics), metrics)
    return 0


def _report(args: argparse.Namespace) -> int:
    console = _console(args)
    with quiet_stderr():
        from ftlib.app.project import write_run_report
        from ftlib.app.run_folder import RunFolder

        folder = RunFolder(args.run)
        folder.config.players = folder.config.players and args.players
        path = write_run_report(folder)
    console.result(str(path), {"report": str(path)})
    return 0


def _export(args: argparse.Namespace) -> int:
    console = _console(args)
    with quiet_stderr():
        from ftlib.app.run_folder import RunFolder
        from ftlib.exports.formats import check_formats

        formats = check_formats(args.format)  # before the run is read
        folder = RunFolder(args.run)

        from ftlib.exports.export import export

        exported = export(folder.run(), args.out or folder.path / "export", formats, say=console.say)
    console.result(repr(exported), {"folder": str(exported.folder), "files": exported.rows})
    return 0


def _runs(args: argparse.Namespace) -> int:
    from ftlib.app.listing import format_runs, list_runs

    summaries = list_runs(args.folder)
    _console(args).result(format_runs(summaries, args.folder), [summary.to_dict() for summary in summaries])
    return 0
