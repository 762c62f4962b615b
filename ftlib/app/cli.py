"""The `ftlib` command."""

import argparse
import os
import pathlib
import sys
import time
import traceback

from ftlib.app.commands import Help, add_commands
from ftlib.app.console import Console, complain
from ftlib.app.stopping import Terminated
from ftlib.records import records_folder
from ftlib.text import format_command, format_table

STRATEGIES = ("scratch", "feature_extraction_long", "lp_ft")
RECORDED = records_folder("results") / "digits.json"
# Wrong usage, or pictures that cannot be used; what else goes wrong is a failure.
_WRONG = (ValueError, TypeError, ImportError, FileNotFoundError, NotADirectoryError, FileExistsError, PermissionError)


def main(arguments=None):
    """Runs the command with a list of arguments (default: those of the process) and returns its exit code."""
    args = _parser().parse_args(arguments)
    try:
        return args.command(args)
    except (ValueError, TypeError, OSError, ImportError, ArithmeticError, AssertionError, RuntimeError) as error:
        complain(f"ftlib: {error}")
        _hint(error)
        return 2 if isinstance(error, _WRONG) else args.failed
    except KeyboardInterrupt as error:
        complain("\nftlib: stopped.")
        _hint(error)
        return 143 if isinstance(error, Terminated) else 130
    except Exception as error:  # a fault of ftlib or below it: all that is known helps to mend it
        complain(traceback.format_exc().rstrip())
        _hint(error)
        return args.failed


def _hint(error):
    if getattr(error, "hint", ""):
        complain(error.hint.rstrip())


def _parser():
    parser = argparse.ArgumentParser(
        prog="ftlib",
        description="Fine-tuning with evidence: on your own pictures, or the ways of training compared.",
        epilog="examples:\n  ftlib check flowers\n  ftlib fit flowers\n  ftlib predict runs/flowers photo.jpg\n"
        "  ftlib run\n\n`ftlib COMMAND --help` tells more.",
        formatter_class=Help,
    )
    parser.add_argument("--version", action="version", version=_version())
    parser.set_defaults(failed=1)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    add_commands(commands)

    run = commands.add_parser(
        "run",
        help="train three ways, live, and write a report",
        description="Trains a classifier three ways (from scratch, feature extraction, fine-tuning) with the same "
        "labels and updates, several times, and writes a table, a picture, a report and the models.",
        epilog="examples:\n  ftlib run\n  ftlib run --task textures --labels 50 --seeds 5\n"
        "  ftlib run --task ./my_photos --backbone MobileNetV2 --labels 20",
        formatter_class=Help,
    )
    run.add_argument(
        "--task", default="digits", help="a name from `ftlib tasks`, or ./FOLDER of class folders (digits)"
    )
    run.add_argument("--backbone", default="glyphnet", help="a name from `ftlib backbones`, or a file (glyphnet)")
    run.add_argument("--labels", type=int, default=10, help="training images per class (10)")
    run.add_argument("--seeds", type=int, default=3, help="how often, with other labels and random numbers (3)")
    run.add_argument("--updates", type=int, default=300, help="optimizer steps of each run (300)")
    run.add_argument("--regularization", default="light", help="none, light, standard or strong (light)")
    run.add_argument("--strategies", nargs="+", default=list(STRATEGIES), metavar="NAME", help=", ".join(STRATEGIES))
    run.add_argument("--out", type=pathlib.Path, help="folder for the results (runs/TASK)")
    run.add_argument(
        "--jobs", type=int, default=min(os.cpu_count() or 1, 4), help="processes (number of cores, up to 4)"
    )
    run.set_defaults(command=_run, failed=2)

    backbones = commands.add_parser("backbones", help="list the pre-trained networks")
    backbones.set_defaults(command=_backbones, failed=2)
    tasks = commands.add_parser("tasks", help="list the tasks")
    tasks.set_defaults(command=_tasks, failed=2)
    return parser


def _version():
    from ftlib import __version__

    return f"ftlib {__version__}"


def _run(args):
    from ftlib.app.grid import quiet_stderr, run_cells, workers

    began, console = time.time(), Console()
    if min(args.labels, args.seeds, args.updates, args.jobs) < 1:
        raise ValueError("--labels, --seeds, --updates and --jobs are at least 1.")
    if args.out and args.out.exists() and not args.out.is_dir():
        raise ValueError(f"--out is a folder. Received: the file {args.out}.")
    with quiet_stderr(), workers(min(args.jobs, len(args.strategies) * args.seeds)) as pool:
        from ftlib.evidence.comparison import Comparison

        recipes, preset, task, recorded = _checked(args, console)
        cells = [
            {
                "backbone": args.backbone,
                "task": args.task,
                "strategies": [recipe],
                "labels_per_class": (args.labels,),
                "seeds": [seed],
                "regularization": preset,
                "updates": args.updates,
                "keep_runs": seed == 0,
                "verbose": False,
            }
            for seed in range(args.seeds)
            for recipe in recipes
        ]
        order, parts = _first_the_quickest_then_the_longest(cells), {}
        for i, part in run_cells([cells[i] for i in order], args.jobs, pool=pool):
            parts[order[i]], row = part, part.rows[0]
            console.say(
                f"{row['strategy']:<24} seed {row['seed']}   validation accuracy {100 * row['val_accuracy']:.1f} %   "
                f"{len(parts)} of {len(cells)} done after {time.time() - began:.0f} s"
            )
    result = Comparison.merge([parts[i] for i in range(len(cells))])
    console.say(f"\n{result}\n")
    out = args.out or pathlib.Path("runs") / task.name
    with quiet_stderr():
        files = _write(result, out, task, args, recorded)
    last = args.strategies[-1]
    console.say(
        f"written to {out}/: {', '.join(files)}\n\n"
        f"{time.time() - began:.0f} seconds. What next:\n"
        f"  open {out / 'report.html'} in a browser\n"
        f"  keras.models.load_model({str(out / last / 'model.keras')!r}) is the model of {last}\n"
        f"  {format_command('run', '--labels', 3)}     the same with fewer labels; run --help shows more\n"
        "  make lab     JupyterLab, to try the library in notebooks"
    )
    return 0


def _checked(args, console):
    """Looks at everything that can be wrong with the arguments of `run`, before anything is trained.

    Returns:
        `(strategies, regularization, task, recorded comparison or None)`.
    """
    from ftlib.models.backbones import check_backbone, load_backbone
    from ftlib.strategies.regularization import Regularization
    from ftlib.strategies.strategy import get_strategy
    from ftlib.tasks import load_task

    args.backbone = str(check_backbone(args.backbone))
    preset = Regularization.preset(args.regularization)
    recipes = [get_strategy(name) for name in args.strategies]
    args.strategies = [recipe.name for recipe in recipes]
    if len(set(args.strategies)) < len(args.strategies):
        raise ValueError(f"Each strategy once, please. Received: --strategies {' '.join(args.strategies)}.")
    for recipe in recipes:
        recipe.plan(args.updates)
    task = load_task(args.task, args.labels, 0)
    recorded = _recorded(args, task, preset)
    backbone = load_backbone(args.backbone)
    task.for_backbone(backbone)
    for note in task.notes:
        console.say(f"note: {note}")
    console.say(f"{task}\n{args.backbone}: {backbone.count_params():,} parameters; {preset!r}")
    tuned = {
        row["strategy"]: row["rate_factor"]
        for row in (recorded.rows if recorded else ())
        if (row["labels_per_class"], row["updates"], row["regularization"]) == (args.labels, args.updates, repr(preset))
    }
    if tuned:
        recipes = [recipe.scaled(tuned.get(recipe.name, 1)) for recipe in recipes]
        console.say(f"learning rates: those that validation chose in results/{RECORDED.name}")
    console.say(
        f"{len(recipes)} strategies x {args.seeds} seeds, {args.updates} updates each, {args.jobs} at a time:\n"
    )
    return recipes, preset, task, recorded


def _first_the_quickest_then_the_longest(cells):
    """Returns the order in which cells are run: something is to be seen soon, and all processes end together."""
    # A head alone costs little, since what is below it is computed once.
    costs = [sum(phase.share * (phase.train != "head") for phase in cell["strategies"][0].phases) for cell in cells]
    longest = sorted(range(len(cells)), key=lambda i: -costs[i])
    return [longest[-1], *longest[:-1]]


def _recorded(args, task, preset):
    from ftlib.evidence.comparison import load_comparison
    from ftlib.strategies.regularization import PRESETS

    same = task.name == "digits" and args.backbone == "glyphnet" and preset == PRESETS["light"]
    return load_comparison(RECORDED) if same and RECORDED.exists() else None


def _write(result, out, task, args, recorded):
    from ftlib import plots
    from ftlib.report import write_report

    out.mkdir(parents=True, exist_ok=True)
    result.save(out / "comparison.json")
    for run in result.runs:
        run.save(out / run.strategy)
    picture = plots.headline(result.table(), recorded and recorded.table(), labels_per_class=args.labels)
    part = out / "part-result.png"
    part.write_bytes(plots.png(picture))
    os.replace(part, out / "result.png")
    write_report(result, out / "report.html", task=task, recorded=recorded)
    return ["result.png", "report.html", "comparison.json"] + [f"{r.strategy}/model.keras" for r in result.runs]


def _backbones(args):
    from ftlib.app.grid import quiet_stderr

    with quiet_stderr():
        from ftlib.models.backbones import list_backbones

        found = list_backbones()
    words = {
        "tf": "-1..1",
        "caffe": "BGR less the ImageNet mean",
        "torch": "standardised per channel",
        "inside": "scaled by its own first layers",
    }
    rows = [("name", "image", "pixels become")]
    rows += [(b.name, f"{b.side}x{b.side}x{b.channels}", words.get(b.preprocessing, b.preprocessing)) for b in found]
    Console().say(
        f"{format_table(rows, right=(1,))}\n\n"
        "All take pixels 0-255 and do their preprocessing inside. Also: hub:PRESET of KerasHub, or a .keras file."
    )
    return 0


def _tasks(args):
    from ftlib.app.grid import quiet_stderr

    with quiet_stderr():
        from ftlib.tasks import list_tasks, online

        found = list_tasks()
    rows = [(name, "downloaded once" if name in online.ONLINE else "offline") for name in found]
    Console().say(f"{format_table(rows)}\n\nOr a folder with one folder of pictures per class: ./FOLDER")
    return 0


if __name__ == "__main__":
    sys.exit(main())
