"""What a first look at one's own data costs: processor seconds of `ftlib check`, and of the import of Keras alone.

`python benchmarks/first_minute.py` starts every command as a process of its own, one after the other, and in each round
also `import keras`, which is the least that a look at data with Keras costs. Processor seconds, of user and system
together, depend less on what else the machine does than the clock. `--repeats 2` measures less often.
"""

import argparse
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import zipfile

import common
from common import ratio, show, write

REPEATS = 3
_PHOTOS_OF_CLASS = 40
_COMMANDS = {
    "`ftlib --help`": ("--help",),
    "`ftlib fit` of a folder that is not there": ("fit", "nowhere"),
    "`ftlib check`, 200 photos in class folders": ("check", "photos"),
    "`ftlib check`, the same in a CSV file": ("check", "photos.csv"),
    "`ftlib check`, 364 photos with boxes": ("check", "bccd"),
    "`ftlib check`, 5,000 reviews": ("check", "reviews.tsv"),
    "`ftlib check`, 1,180 sounds": ("check", "speech_commands"),
}


def gather(folder):
    """Puts the data of the commands into a folder."""
    lines = ["path,label"]
    for class_folder in sorted((common.real() / "flowers" / "test").iterdir()):
        (folder / "photos" / class_folder.name).mkdir(parents=True)
        for photo in sorted(class_folder.iterdir())[:_PHOTOS_OF_CLASS]:
            path = pathlib.Path("photos") / class_folder.name / photo.name
            shutil.copyfile(photo, folder / path)
            lines.append(f"{path.as_posix()},{class_folder.name}")
    (folder / "photos.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    shutil.copyfile(common.real() / "nsmc" / "test_5k.tsv", folder / "reviews.tsv")
    for name in ("bccd", "speech_commands"):
        with zipfile.ZipFile(common.real() / f"{name}.zip") as archive:
            archive.extractall(folder)


def processor_seconds(arguments, folder):
    """Returns the processor seconds of a new Python with some arguments, in a folder."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(common.HERE.parent)}
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=False, **streams)
    assert done.returncode in (0, 2), f"{arguments} ended with {done.returncode}"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS, help=f"how often each is started ({REPEATS})")
    repeats = parser.parse_args().repeats
    sides = {"keras": ("-c", "import keras")}
    sides |= {name: ("-m", "ftlib.app.cli", *arguments) for name, arguments in _COMMANDS.items()}
    seconds = {name: [] for name in sides}
    with tempfile.TemporaryDirectory() as folder:
        gather(pathlib.Path(folder))
        for repeat in range(repeats + 1):
            for name, arguments in sides.items():
                taken = processor_seconds(arguments, folder)
                if repeat:  # the first time Python compiles, and the disk is read
                    seconds[name].append(taken)
            print(f"round {repeat} of {repeats}: import of Keras {seconds['keras'][-1:]} s", flush=True)
    rows = [
        {"command": name, "seconds": seconds[name], "ratio": ratio(seconds["keras"], seconds[name])}
        for name in _COMMANDS
    ]
    for row in rows:
        print(f"{row['command']}: import of Keras {show(row['ratio'])} times as long")
    write("first_minute", {"repeats": repeats, "keras": seconds["keras"], "rows": rows})


if __name__ == "__main__":
    main()
