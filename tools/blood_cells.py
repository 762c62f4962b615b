"""Cuts the cells out of the blood photos of BCCD: real pictures for lesson 17.

`python tools/blood_cells.py bccd.zip cells` writes `cells/RBC/*.png`, `cells/WBC/*.png`, `cells/Platelets/*.png` and
`cells/cells.csv`, whose group is the photo: cells of one photo share its light and stain, so that they belong into one
split. Then: `ftlib check cells/cells.csv`.

BCCD (github.com/Shenggan/BCCD_Dataset, MIT licence) is 364 photos of 640 x 480 pixels with a box around each cell.
Boxes of next to no area are left out, and the script says how many.
"""

import argparse
import csv
import io
import pathlib
import sys
import zipfile

from PIL import Image

from ftlib.tasks.online_boxes import read_voc_boxes

LEAST = 8  # pixels of a side


def cut(archive, out, photos=None, red=None):
    """Writes the cells of some photos, and returns the rows of the table and how many boxes were left out.

    Args:
        archive: The zip file of BCCD.
        out: A folder that is not there yet.
        photos: How many photos to take. Default None: all.
        red: How many red cells to take of a photo, of which there are more than ten times as many as of the others.
            Default None: all.
    """
    rows, left_out = [], 0
    with zipfile.ZipFile(archive) as file:
        names = {pathlib.PurePosixPath(name).stem: name for name in file.namelist() if name.endswith(".jpg")}
        notes = sorted(name for name in file.namelist() if name.endswith(".xml"))
        out.mkdir(parents=True)
        for note in notes[:photos]:
            stem, seen = pathlib.PurePosixPath(note).stem, {}
            photo = Image.open(io.BytesIO(file.read(names[stem])))
            for name, (left, top, right, bottom) in read_voc_boxes(file.read(note)):
                box = max(0, left), max(0, top), min(photo.width, right), min(photo.height, bottom)
                if min(box[2] - box[0], box[3] - box[1]) < LEAST:
                    left_out += 1
                    continue
                number = seen[name] = seen.get(name, -1) + 1
                if name == "RBC" and red is not None and number >= red:
                    continue
                place = pathlib.Path(name, f"{stem}-{number:02d}.png")
                (out / name).mkdir(exist_ok=True)
                photo.crop(box).save(out / place)
                rows.append((place.as_posix(), name, stem))
    with open(out / "cells.csv", "w", encoding="utf-8", newline="") as table:
        csv.writer(table).writerows([("path", "label", "group"), *rows])
    return rows, left_out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive", type=pathlib.Path, help="bccd.zip, with .xml and .jpg files")
    parser.add_argument("out", type=pathlib.Path, help="a new folder")
    parser.add_argument("--photos", type=int, help="how many photos to take (all)")
    parser.add_argument("--red", type=int, help="how many red cells to take of each photo (all)")
    args = parser.parse_args()
    if args.out.exists():
        sys.exit(f"OUT is a new folder. Received: {args.out}, which is there.")
    rows, left_out = cut(args.archive, args.out, args.photos, args.red)
    counts = {name: sum(row[1] == name for row in rows) for name in sorted({row[1] for row in rows})}
    print(", ".join(f"{name} {n}" for name, n in counts.items()) + f"; {left_out} boxes smaller than {LEAST} pixels")
    print(f"-> {args.out / 'cells.csv'}")


if __name__ == "__main__":
    main()
