"""What tuning a language model to a domain gains and costs: recorded in results/language.json by `make results`.

Three pairs of a model and a domain: minigpt, from documentation to licences; and, with FTLIB_REAL, stories260K, a small
Llama that others trained (Karpathy, 2023), from children's stories to Python's manual and to medical answers (MedQuAD).
Each method has equal updates; its rate is chosen on validation with one seed. What is measured is kept, run by run.
"""

import argparse
import dataclasses
import functools
import json
import os
import pathlib
import re
import zlib

import digest
import keras
import numpy as np

import ftlib as ft
from ftlib.app.console import quiet_stderr
from ftlib.files import written_whole
from ftlib.tasks.texts import Corpus, next_token_task

ROOT = pathlib.Path(__file__).resolve().parents[1]
PATH = ROOT / "results" / "language.json"
SEEDS, UPDATES, BATCH, LENGTH, ROWS = range(5), 100, 8, 96, 300
TEST_ROWS, SOURCE_ROWS = 120, 120
PAIRS = ("minigpt: licences", "stories260K: Python's manual", "stories260K: medical answers")
RATES = (1e-3, 3e-3)
REPLAYS = {"replay 0.1": 0.1, "replay 0.5": 0.5}  # parts of the rows that are of the source
_MODULES = (
    "evidence/evaluate", "models/language_models", "models/token_network", "models/tokenizer",
    "models/vocabularies",
    "objectives/next_token", "objectives/tokens", "tasks/docstrings", "tasks/licences", "tasks/texts",
    "../tools/language_study",
    "../tools/stories",
)  # fmt: skip


def methods():
    """Returns for each method the strategy, and the rates to choose from; replay takes the rate of `everything`."""

    def strategy(name, start="pretrained", **phase):
        return ft.Strategy(name, start, (ft.Phase("tuning", **phase),))

    low_rank = {
        f"LoRA {rank}": (strategy(f"LoRA {rank}", train="lora", rank=rank, frozen_head=True), (3e-3, 1e-2, 3e-2))
        for rank in (1, 4, 16)
    }
    return {
        "scratch": (strategy("scratch", "random", train="all"), RATES),
        "everything": (strategy("everything", train="all"), (3e-4, *RATES)),
        "a rate per stage": (strategy("a rate per stage", train="all", decay=0.6), RATES),
        "last stage": (strategy("last stage", train=1), RATES),
        **low_rank,
        **{name: (strategy(name, train="all"), ()) for name in REPLAYS},
    }


class Pair:
    """A model, the domain that it is tuned to, and what it came from."""

    def __init__(self, name):
        self.name = name
        self.model, self.tokenizer, self.source = _load_source(name.split(":")[0])
        self.corpus = _CORPORA[name]()

    def task(self, seed):
        """Returns the domain with rows of training that a seed draws."""
        task = next_token_task(self.corpus, None, 0, LENGTH, self.tokenizer, TEST_ROWS)
        drawn = np.random.default_rng(seed).permutation(len(task.train))[:ROWS]
        return dataclasses.replace(task, train=task.train.take(np.sort(drawn)))

    def task_with_source(self, seed, share):
        """Returns the domain with some of its rows of training exchanged for rows of the source."""
        task = self.task(seed)
        count = round(share * len(task.train))
        own, old = task.train.inputs[count:], self.source.train.inputs[:count]
        ids = np.concatenate([own, old])
        names = [f"own/{row}" for row in range(len(own))] + [f"source/{row}" for row in range(len(old))]
        return dataclasses.replace(task, train=ft.Split(ids, ids, names))


def _load_source(name):
    """Returns a model, its tokenizer, and a task of what it was pre-trained on."""
    if name == "minigpt":
        return ft.language_model(name), ft.load_tokenizer(name), ft.load_task("docstring_pages")
    import stories

    model, tokenizer = stories.load_stories(real() / "stories260k")
    # Its own training data are not at hand: what it writes stands for them.
    written = ft.generate_text(model, "Once upon a time", 400, LENGTH, temperature=1.0, tokenizer=tokenizer)
    told = [f"Once upon a time{text}" for text in written]
    corpus = Corpus(
        "stories",
        "written by stories260K",
        "MIT",
        {"train": told[:200], "validation": told[200:300], "test": told[300:]},
    )
    return model, tokenizer, next_token_task(corpus, None, 0, LENGTH, tokenizer, SOURCE_ROWS)


def real():
    return pathlib.Path(os.environ["FTLIB_REAL"])


def _licences():
    from ftlib.tasks.licences import read_paragraphs

    return Corpus("licences", "licences of packages", "copies allowed", read_paragraphs())


def _manual():
    from pydoc_data.topics import topics

    return _divide("manual", "Python's manual", "PSF", topics)


def _medical():
    lines = (real() / "medquad.jsonl").read_text(encoding="utf-8").splitlines()
    answers = {}
    known = set()
    for line in lines:
        pair = json.loads(line)
        # Many answers share whole passages, such as where to ask for help: what most of has been said is left out.
        sentences = re.split(r"(?<=[.!?])\s+|\n+", pair["answer"])
        new_sentences = [sentence for sentence in sentences if _is_new(sentence, known)]
        if new_sentences:
            answers.setdefault(pair["question"], " ".join(new_sentences))
    return _divide("medical", "MedQuAD", "CC BY 4.0", answers)


def _is_new(sentence, known):
    """Returns whether most runs of five words in a sentence are not known yet; they are from then on."""
    words = sentence.lower().split()
    runs = {tuple(words[start : start + 5]) for start in range(max(1, len(words) - 4))} if words else set()
    is_new = len(runs & known) < len(runs) / 2
    known |= runs
    return is_new


def _divide(name, source, licence, texts):
    """Returns texts in three parts by the checksum of what they are called."""
    parts = {"train": [], "validation": [], "test": []}
    for key, text in texts.items():
        part = zlib.crc32(key.encode()) % 5
        parts[{0: "test", 1: "validation"}.get(part, "train")].append(text[:2000])
    return Corpus(name, source, licence, parts)


_CORPORA = dict(zip(PAIRS, (_licences, _manual, _medical), strict=True))


def fit(pair, method, rate, seed):
    """Returns a run of a method."""
    strategy, _ = methods()[method]
    phase = dataclasses.replace(strategy.phases[0], rate=rate)
    strategy = dataclasses.replace(strategy, phases=(phase,))
    task = pair.task_with_source(seed, REPLAYS[method]) if method in REPLAYS else pair.task(seed)
    settings = ft.Regularization(augmentation="none")
    return ft.fit(pair.model, task, strategy, settings, seed, updates=UPDATES, batch_size=BATCH, verbose=False)


def choose_rate(pair, method, rows):
    """Returns the rate that validation chooses with the first seed, and the scores of all."""
    if method in REPLAYS:
        return next(row["rate"] for row in rows if row["pair"] == pair.name and row["method"] == "everything"), {}
    tried = {rate: fit(pair, method, rate, 0).score("validation")["bits_per_byte"] for rate in methods()[method][1]}
    return min(tried, key=tried.__getitem__), {f"{rate:g}": round(bits, 4) for rate, bits in tried.items()}


def measure(pair, method, rate, seed):
    """Returns the row of one run."""
    run = fit(pair, method, rate, seed)
    return {
        "pair": pair.name,
        "method": method,
        "seed": seed,
        "code": stamp(),
        "rate": rate,
        "updates": UPDATES,
        "trainable": run.phases[-1]["trainable"],
        "validation_bits": run.score("validation")["bits_per_byte"],
        "test_bits": run.score("test")["bits_per_byte"],
        "source_bits": ft.evaluate(run.model, pair.source)["bits_per_byte"],
    }


@functools.cache
def stamp():
    """Returns a checksum of the code and the weights that a row depends on."""
    weights = (ROOT / "ftlib/weights/minigpt.weights.h5").read_bytes()
    folder = ROOT / "ftlib"
    return digest.code(folder, sorted({*digest.training_modules(folder), *_MODULES}), weights)


def save(record):
    with written_whole(PATH) as part:
        part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def read_record(fresh):
    """Returns what is recorded, or an empty record where there is none, or it is to be measured again."""
    if PATH.exists() and not fresh:
        record = json.loads(PATH.read_text(encoding="utf-8"))
        outdated = sum(row["code"] != stamp() for row in record["rows"])
        if outdated:
            print(f"{outdated} rows were measured with other code and are kept: see --fresh", flush=True)
        return record
    settings = {
        "keras": keras.__version__, "backend": keras.backend.backend(), "updates": UPDATES, "batch": BATCH,
        "length": LENGTH, "rows": ROWS,
    }  # fmt: skip
    return {"settings": settings, "before": {}, "tuning": [], "rows": []}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=PAIRS, default=PAIRS)
    parser.add_argument("--fresh", action="store_true", help="measure again what is there")
    args = parser.parse_args()
    record = read_record(args.fresh)
    rows = record["rows"]
    for name in args.only:
        if name != PAIRS[0] and "FTLIB_REAL" not in os.environ:
            print(f"{name} is left out: FTLIB_REAL does not name the folder that holds it.", flush=True)
            continue
        measured = {(row["method"], row["seed"]) for row in rows if row["pair"] == name}
        if len(measured) == len(SEEDS) * len(methods()):
            continue
        with quiet_stderr():
            pair = Pair(name)
            if name not in record["before"]:
                task = pair.task(0)
                record["before"][name] = {
                    "test_bits": ft.evaluate(pair.model, task, "test")["bits_per_byte"],
                    "source_bits": ft.evaluate(pair.model, pair.source)["bits_per_byte"],
                    "parameters": pair.model.count_params(),
                }
            for method in methods():
                missing = [seed for seed in SEEDS if (method, seed) not in measured]
                if not missing:
                    continue
                chosen = [row for row in record["tuning"] if (row["pair"], row["method"]) == (name, method)]
                if not chosen:
                    rate, tried = choose_rate(pair, method, rows)
                    chosen = [{"pair": name, "method": method, "rate": rate, "tried": tried}]
                    record["tuning"] += chosen
                for seed in missing:
                    rows.append(measure(pair, method, chosen[0]["rate"], seed))
                    save(record)
                    keras.backend.clear_session()
                    row = rows[-1]
                    print(
                        f"{name}, {method}, seed {seed}: {row['test_bits']:.3f} bits, source {row['source_bits']:.3f}",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
