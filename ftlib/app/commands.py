"""The commands for your own pictures: check, advise, fit, predict, evaluate, report, export, runs."""

import argparse
import dataclasses
import os
import pathlib
import tempfile

from ftlib.app.console import Console, utf8
from ftlib.app.grid import quiet_stderr
from ftlib.app.stopping import stoppable
from ftlib.errors import find_name
from ftlib.files import find_path
from ftlib.text import format_command, wrap_text

_CODES = "exit codes: 0 done, 1 failed, 2 wrong usage or pictures that cannot be used, 130 stopped with Ctrl-C"
# For each command: what it does, in a few words and at length, and how it is typed.
_TEXTS = {
    "check": (
        "look at every picture of a folder",
        "Looks at every picture and tells what a run should know: unreadable files, copies and near copies,\n"
        "leaks between splits, uneven classes, sizes. It changes nothing.",
        "ftlib check flowers\nftlib check labels.csv --json > findings.json",
    ),
    "advise": (
        "recommend a backbone and a strategy for a folder",
        "Checks the pictures and tells what `ftlib fit` would do with them, and why: backbone, strategy, rates,\n"
        "memory and time. Nothing is trained but linear probes.",
        "ftlib advise flowers\nftlib advise flowers --backbone EfficientNetV2B0",
    ),
    "fit": (
        "train on your own pictures",
        "Checks the pictures, chooses backbone, strategy, regularization and rates (each can be given), trains,\n"
        "and writes a model, its figures and a report into a folder: model.keras (which opens without ftlib),\n"
        "class_names.json, metrics.json, report.html, config.json. Ctrl-C stops a run, and nothing is lost.",
        "ftlib fit flowers                              one folder of pictures per class\n"
        "ftlib fit labels.csv                           columns path and label; also split, group\n"
        "ftlib fit flowers --strategy lp_ft --updates 600 --out runs/longer\n"
        "ftlib fit --resume runs/flowers                go on with a run that was stopped\n"
        "ftlib fit --config runs/flowers/config.json    the same run once more",
    ),
    "predict": (
        "name the class of pictures",
        "Names the class of pictures with the model of a run. Files that are no pictures are named as well, and\n"
        "the exit code is then 1.",
        "ftlib predict runs/flowers photo.jpg\nftlib predict runs/flowers new_photos --format csv > said.csv\n"
        "ftlib predict runs/flowers new_photos --top 3 --json",
    ),
    "evaluate": (
        "measure a run on its test pictures, or on others",
        "Tells how good a run is, with 95 % intervals: on its own test pictures, or on all of another folder\n"
        "with the same classes, less those that it was trained on.",
        "ftlib evaluate runs/flowers\nftlib evaluate runs/flowers --on next_year --json",
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


class Help(argparse.RawDescriptionHelpFormatter):
    """Help with room for the longest option."""

    def __init__(self, prog):
        super().__init__(prog, max_help_position=32)


def add_commands(commands):
    """Adds the commands to a parser's `commands`, each with a function `command(args)` that returns an exit code."""
    made = {}
    for name, (about, text, examples) in _TEXTS.items():
        lines = "\n".join(f"  {line}" for line in examples.splitlines())
        made[name] = commands.add_parser(
            name,
            help=about,
            description=text,
            epilog=f"examples:\n{lines}\n\n{_CODES}",
            formatter_class=Help,
        )
        made[name].add_argument("--json", action="store_true", help="write the result as one JSON document")
        made[name].add_argument("--quiet", action="store_true", help="write the result alone, no progress")
        made[name].set_defaults(command=globals()[f"_{name}"])
    for name in ("check", "advise", "fit"):
        _add_data(made[name], "?" if name == "fit" else None)
    made["fit"].add_argument("--out", type=pathlib.Path, help="a new folder for the run (runs/NAME)")
    made["fit"].add_argument("--resume", type=find_path, metavar="RUN", help="go on with this run")
    made["fit"].add_argument("--config", type=find_path, metavar="FILE", help="repeat the run of this config.json")
    for name in ("advise", "fit"):
        _add_options(made[name])
    for name in ("predict", "evaluate", "report", "export"):
        made[name].add_argument("run", type=find_path, metavar="RUN", help="the folder of a run")
    predict = made["predict"]
    predict.add_argument("pictures", nargs="+", type=find_path, metavar="PICTURE", help="files, or folders of them")
    predict.add_argument(
        "--format",
        type=one_of("format", ("table", "csv", "json")),
        metavar="FORMAT",
        help="how to write the answers: table, csv or json (table)",
    )
    predict.add_argument("--top", type=int, default=1, help="how many classes to name for each picture (1)")
    predict.add_argument("--out", type=pathlib.Path, help="a file to write to, instead of standard output")
    evaluate = made["evaluate"]
    evaluate.add_argument("--on", type=find_path, metavar="FOLDER", help="other pictures: a folder or a CSV file")
    evaluate.add_argument("--data", type=find_path, metavar="FOLDER", help="where the run's own pictures are now")
    export = made["export"]
    export.add_argument("--format", nargs="+", required=True, metavar="FORMAT", help="keras, savedmodel, onnx, litert")
    export.add_argument("--out", type=pathlib.Path, help="a folder to write to (RUN/export)")
    runs = pathlib.Path("runs")
    made["runs"].add_argument("folder", nargs="?", type=find_path, default=runs, metavar="FOLDER", help="(runs)")


def _add_data(parser, nargs=None):
    about = "a folder with one folder of pictures per class (in train, val, test or not), or a CSV file"
    parser.add_argument("data", nargs=nargs, type=find_path, metavar="FOLDER", help=about)
    parser.add_argument(
        "--no-near",
        dest="near",
        action="store_false",
        default=None,
        help="do not look for near copies: where pictures are meant to look alike",
    )


def _add_options(parser):
    group = parser.add_argument_group("what is chosen unless you say it")
    group.add_argument("--backbone", help="a name from `ftlib backbones`, hub:PRESET, or a .keras file")
    group.add_argument("--image-size", type=int, metavar="PIXELS", help="side of the images")
    group.add_argument("--strategy", help="scratch, feature_extraction, lp_ft, gradual, ...")
    group.add_argument("--rate", type=float, help="learning rate of the last phase")
    group.add_argument("--regularization", metavar="PRESET", help="none, light, standard or strong")
    group.add_argument("--updates", type=int, help="optimizer steps (ten passes, at least 300)")
    group.add_argument("--batch-size", type=int, metavar="IMAGES", help="images per update (32)")
    group.add_argument("--devices", type=_devices, metavar="NUMBER", help="that share each batch, or all (1)")
    group.add_argument("--precision", metavar="POLICY", help="mixed_float16 or mixed_bfloat16, for a GPU (float32)")
    group.add_argument("--class-weight", metavar="balanced", help="let every class count alike (off)")
    group.add_argument(
        "--mirror",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="whether a mirrored picture keeps its class: not writing, not left and right",
    )
    group.add_argument("--seed", type=int, help="of all that is random (0)")


def one_of(kind, known):
    """Returns a function for argparse that takes one of some names, in small or capital letters."""

    def read(text):
        try:
            return find_name(kind, text, known)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def _devices(text):
    text = text.lower()
    if text != "all" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"a whole number, or all. Received: {text!r}")
    return text if text == "all" else int(text)


def _options(args):
    from ftlib.app.plan import Options

    return Options(**{field.name: getattr(args, field.name, None) for field in dataclasses.fields(Options)})


def _console(args):
    return Console(args.quiet, args.json)


def _check(args):
    console = _console(args)
    with quiet_stderr():
        from ftlib.tasks.folder.inspection import inspect_data

        findings = inspect_data(args.data, near=args.near is not False)
    console.result(repr(findings), findings.to_dict())
    return 0 if findings.usable else 2


def _advise(args):
    console = _console(args)
    with quiet_stderr(), tempfile.TemporaryDirectory(prefix="ftlib-") as place:
        from ftlib.app.plan import make_plan
        from ftlib.app.project import describe
        from ftlib.tasks.folder.inspection import inspect_data

        options = _options(args).checked()
        console.say(f"checking {args.data} ...")
        findings = inspect_data(args.data, near=args.near is not False)
        console.say(repr(findings))
        findings.require()
        data = pathlib.Path(os.path.abspath(args.data.expanduser()))
        chosen = make_plan(describe(pathlib.Path(place), data, findings), options, findings.report, console.say)
    console.result(repr(chosen), {"plan": chosen.to_dict(), "data": findings.to_dict()})
    console.say("\n`ftlib fit` with the same arguments does this.")
    return 0


def _fit(args):
    if sum(given is not None for given in (args.resume, args.config)) > 1:
        raise ValueError("--resume goes on with one run, --config begins another: one of the two, please.")
    if args.data is None and args.resume is None and args.config is None:
        raise ValueError("Pictures are needed: ftlib fit FOLDER. `ftlib fit --help` has examples.")
    console = _console(args)
    with stoppable(console, args.resume), quiet_stderr():
        from ftlib.app.project import resume, start
        from ftlib.app.run_folder import RunFolder

        if args.resume is None:
            folder = start(args.data, args.out, _options(args), console, args.config)
        else:
            _only_resume(args)
            folder = RunFolder(args.resume)
            if args.data is not None:
                folder.move(args.data)
            folder = resume(folder, console)
    _tell(folder, console)
    return 0


def _only_resume(args):
    """Raises a ValueError for options that a run which goes on has decided already."""
    from ftlib.app.plan import Options

    names = ["out", *(field.name for field in dataclasses.fields(Options))]
    flags = {"near": "--no-near", "mirror": "--mirror" if args.mirror else "--no-mirror"}
    given = [flags.get(n, "--" + n.replace("_", "-")) for n in names if getattr(args, n) is not None]
    if given:
        again = format_command("fit", "--config", args.resume / "config.json", *given)
        raise ValueError(
            f"--resume goes on as the run began, so that {', '.join(given)} cannot change it. Begin another run with: "
            f"{again} ..."
        )


def _tell(folder, console):
    from ftlib.app.metrics import headline, told
    from ftlib.app.run_files import read_json

    metrics = read_json(folder.path / "metrics.json")
    files = {"model": folder.path / "model.keras", "report": folder.path / "report.html"}
    notes = [wrap_text(note, "note    ") for note in folder.config["notes"]]
    found = headline(metrics) if console.quiet else f"\n{told(metrics)}\n"
    lines = [found, *notes, *(f"{what:<8}{file}" for what, file in files.items())]
    if not console.quiet:
        lines.append(f"next    {format_command('predict', folder.path, 'PICTURE')}")
    data = {"run": str(folder.path), **{k: str(v) for k, v in files.items()}, "metrics": metrics}
    console.result("\n".join(lines), data)


def _predict(args):
    form = "json" if args.json else args.format or "table"
    console = Console(args.quiet, form == "json")
    with quiet_stderr():
        from ftlib.app.predicting import check_out, list_pictures, predict, written
        from ftlib.app.run_files import write_text

        check_out(args.out, list_pictures(args.pictures))
        answers = predict(args.run, args.pictures, args.top, console.say)
    text = written(answers, form)
    if args.out is not None:
        write_text(args.out, utf8(text).decode() + "\n")
        console.say(f"written to {args.out}")
    elif form == "table":
        console.result(text, None)
    else:
        console.document(text)
    return 1 if any("error" in answer for answer in answers) else 0


def _evaluate(args):
    console = _console(args)
    with quiet_stderr():
        from ftlib.app.evaluating import evaluate
        from ftlib.app.metrics import told

        metrics = evaluate(args.run, args.on, args.data, console.say)
    console.result(told(metrics), metrics)
    return 0


def _report(args):
    console = _console(args)
    with quiet_stderr():
        from ftlib.app.project import write_report
        from ftlib.app.run_folder import RunFolder

        path = write_report(RunFolder(args.run))
    console.result(str(path), {"report": str(path)})
    return 0


def _export(args):
    console = _console(args)
    with quiet_stderr():
        from ftlib.app.run_folder import RunFolder
        from ftlib.exports.export import check_formats, export

        formats = check_formats(args.format)  # before the run is read
        folder = RunFolder(args.run)
        done = export(folder.run(), args.out or folder.path / "export", formats, say=console.say)
    console.result(repr(done), {"folder": str(done.folder), "files": done.rows})
    return 0


def _runs(args):
    from ftlib.app.listing import list_runs, listed

    found = list_runs(args.folder)
    _console(args).result(listed(found, args.folder), found)
    return 0
