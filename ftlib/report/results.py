"""What a report tells about the answers of a model: by class, by group, by confidence, each mistake, and why."""

import dataclasses

import numpy as np

from ftlib import plots
from ftlib.evidence.calibration import calibration
from ftlib.evidence.explanation import explain, highlight, stage_with_maps
from ftlib.evidence.groups import group_accuracy
from ftlib.evidence.scores import confusion_matrix
from ftlib.report.page import abreast, gallery, heading, keep, paragraph, percent, picture, span, table, wilson

_ROWS = 40  # of a table; more would not be read
_SURE = (0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99)


@dataclasses.dataclass(frozen=True)
class Answers:
    """What a run says to the test images of its task, gathered once for all sections.

    Attributes:
        run: The `Run`, with its task.
        labels, said, sure: `(n,)`: the true class, the answer, and the probability that the model gave to it.
        calibration: A `Calibration`.
        by_class: One dict per class that has test images, the worst first: `name`, `n`, `right`, `recall` with its
            interval `low` to `high`, `precision` and `f1`.
    """

    run: object
    labels: np.ndarray
    said: np.ndarray
    sure: np.ndarray
    calibration: object
    by_class: list

    @classmethod
    def of(cls, run):
        """Returns the answers of a run, or None if it was loaded without its data."""
        if run.task is None:
            return None
        chances, labels = run.predictions("test"), np.asarray(run.task.test.labels)
        said = chances.argmax(1)
        rows = _by_class(labels, said, run.class_names)
        return cls(run, labels, said, chances.max(1), calibration(run), rows)

    @property
    def accuracy(self):
        return float((self.labels == self.said).mean())

    @property
    def wrong(self):
        """Indices of the mistakes, the surest first."""
        wrong = np.flatnonzero(self.labels != self.said)
        return wrong[np.argsort(-self.sure[wrong], kind="stable")]

    def pairs(self, limit):
        """Returns the most frequent confusions, `(true name, said name, count, share of the true class)`."""
        names, wrong = self.run.class_names, self.labels != self.said
        found, counts = np.unique(self.labels[wrong] * len(names) + self.said[wrong], return_counts=True)
        order = np.argsort(-counts, kind="stable")[:limit]
        pairs = [(*divmod(int(found[at]), len(names)), int(counts[at])) for at in order]
        return [(names[t], names[s], count, count / int((self.labels == t).sum())) for t, s, count in pairs]

    def answered(self, least):
        """Returns `(number of answers that are at least so sure, how many of them are right)`."""
        chosen = self.sure >= least
        return int(chosen.sum()), int((self.labels == self.said)[chosen].sum())


def _by_class(labels, said, names):
    rows, counted = [], (labels, labels[labels == said], said)
    # No matrix of counts: of 10,000 classes it would take a gigabyte.
    counted = zip(*(np.bincount(part, minlength=len(names)).tolist() for part in counted), strict=True)
    for name, (n, right, answers) in zip(names, counted, strict=True):
        if n:
            low, high = wilson(right / n, n)
            rows.append(
                {
                    "name": name,
                    "n": n,
                    "right": right,
                    "recall": right / n,
                    "low": low,
                    "high": high,
                    "precision": right / answers if answers else None,
                    "f1": 2 * right / (n + answers),
                }
            )
    return sorted(rows, key=lambda row: (row["recall"], row["f1"]))


def by_class(answers):
    """Returns the confusion matrix and the figures of each class."""
    names = list(answers.run.class_names)
    told = "; ".join(f"true {a}, said {b}, {n}" for a, b, n, _ in answers.pairs(3))
    rows = [
        [
            r["name"],
            r["n"],
            r["right"],
            plots.percent(r["recall"]),
            span(r["low"], r["high"]),
            percent(r["precision"]),
            f"{r['f1']:.3f}",
        ]
        for r in answers.by_class[:_ROWS]
    ]
    caption = (
        "Each class on the test images, the worst first. Found: of its images, how many were named so. Precision: of "
        "the images named so, how many are. Few images leave the interval wide."
    )
    caption += _cut(len(rows), len(answers.by_class), "classes")
    head = ["Class", "Images", "Right", "Found (recall)", "95 % interval", "Precision", "F1"]
    parts, drawn = [heading("Class by class")], []
    if len(names) <= 30:
        fig = plots.confusion_matrix(confusion_matrix(answers.labels, answers.said, len(names)), names)
        parts.append(paragraph("Rows are what an image is, columns what the model said; the diagonal is right."))
        drawn.append(picture(fig, f"Confusion matrix of the test images. Most confused: {told or 'none'}."))
    else:
        pairs = [[true, said, n, plots.percent(share)] for true, said, n, share in answers.pairs(_ROWS)]
        words = "What is most often taken for what."
        parts.append(table(["Is", "Said", "Images", "Share of the class"], pairs, words, numbers=(2, 3)))
    if len(answers.by_class) <= 25:
        values = {r["name"]: (r["recall"], r["low"], r["high"]) for r in answers.by_class}
        alt = "Share of the images of each class that were found, with intervals; the table below has the numbers."
        label = "Images found (lines: 95 % intervals)"
        fig = plots.bars(values, _title(answers.by_class), label, percent=True, width=4.7)
        drawn.append(picture(fig, alt))
    return [keep(*parts, abreast(*drawn)), table(head, rows, caption, numbers=range(1, 7))]


def _title(rows):
    worst, best = rows[0], rows[-1]
    if worst["high"] < best["low"]:
        return f"{worst['name']} is found less often than {best['name']}, by more than chance explains"
    return "No class is found less often by more than chance explains"


def by_group(answers, groups=None):
    """Returns the figures of groups of images: the task's own, those given, and dark and bright ones.

    Args:
        answers: The `Answers`.
        groups: Dict from the name of a grouping to one group per test image, in their order.
    """
    test = answers.run.task.test
    listed = {} if test.groups is None else {"Group": test.groups}
    listed |= groups or {}
    light = _brightness(test.images)
    if light is not None:
        listed["Brightness"] = light
    parts = [heading("Group by group")]
    if listed.keys() <= {"Brightness"}:
        parts.append(
            paragraph(
                "The data name no groups, such as cameras, places or persons. Where a mean hides one"
                " that is served badly, only they can show it."
            )
        )
    for name, group in listed.items():
        found = group_accuracy(answers.run, groups=np.asarray(group))
        rows = [
            [str(r["group"]) or "(none)", r["n"], plots.percent(r["accuracy"]), span(r["low"], r["high"])]
            for r in found.rows
        ]
        worst, best = found.rows[0], found.rows[-1]
        apart = worst["high"] < best["low"]
        gap = f"{100 * found.gap:.1f} points between {best['group']} and {worst['group']}"
        told = f"{name}: {gap}, {'more than chance explains' if apart else 'within what chance explains'}."
        told += _cut(min(len(rows), _ROWS), len(rows), "groups")
        parts.append(table([name, "Images", "Right", "95 % interval"], rows[:_ROWS], told, numbers=(1, 2, 3)))
    return parts if listed else []


def _brightness(images):
    """Returns which third of the images each belongs to by its mean brightness; None where there are few."""
    if len(images) < 60:
        return None
    chunks = [np.arange(i, min(i + 128, len(images))) for i in range(0, len(images), 128)]
    light = np.concatenate([np.asarray(images[chunk], "float32").mean((1, 2, 3)) for chunk in chunks])
    low, high = np.quantile(light, [1 / 3, 2 / 3])
    if not light.min() < low < high < light.max():
        return None
    return np.select([light <= low, light >= high], ["darkest third", "brightest third"], "middle third")


def confidence(answers):
    """Returns how far the model's confidence can be believed, and what passing on its doubts would save."""
    found, n = answers.calibration, len(answers.labels)
    excess = 100 * (found.confidence - found.accuracy)
    judged = "too sure" if excess > 2 else "too modest" if excess < -2 else "about as sure as it is right"
    told = (
        f"On the whole the model is {judged}: {plots.percent(found.confidence)} sure, {plots.percent(found.accuracy)} "
        f"right. Within bins of like confidence, the two differ by {100 * found.ece:.1f} points (expected calibration "
        f"error)"
    )
    told += f"; with {n} images, some of that is chance." if n < 1000 else "."
    if found.ece - found.ece_scaled > 0.01:
        told += (
            f" Dividing its scores by {found.temperature:.2f}, fitted on validation, would leave "
            f"{100 * found.ece_scaled:.1f} points."
        )
    rows = []
    for least in _SURE:
        count, right = answers.answered(least)
        if count:
            rows.append(
                [
                    f"{100 * least:g} %" if least else "all answers",
                    count,
                    plots.percent(count / n),
                    plots.percent(right / count),
                    span(*wilson(right / count, count)),
                    count - right,
                ]
            )
    head = ["At least so sure", "Answers", "Share", "Right", "95 % interval", "Wrong"]
    caption = "If a person looks at every image that the model is less sure of, this is what it answers by itself."
    alt = f"Reliability diagram: accuracy against confidence. {told}"
    fig = plots.reliability({"the model": found.bins}, "On the diagonal, confidence and accuracy agree")
    return [
        keep(heading("Confidence"), paragraph(told), picture(fig, alt)),
        table(head, rows, caption, numbers=range(1, 6)),
    ]


def mistakes(answers, limit=12):
    """Returns the mistakes that the model was surest of as pictures, and a table of their files."""
    run, wrong, names = answers.run, answers.wrong, answers.run.class_names
    if not len(wrong):
        return [heading("Mistakes"), paragraph(f"None among {len(answers.labels):,} test images.")]
    images = shown(run.task.test.images, wrong[:limit])
    ids, chances = run.task.test.ids, run.predictions("test")
    cards, rows = [], []
    for place, i in enumerate(wrong[:_ROWS]):
        true, said = names[answers.labels[i]], names[answers.said[i]]
        if place < limit:
            lines = [f"No. {place + 1}: {true}", f"said {said}, {_sure(answers.sure[i])}"]
            cards.append(([(images[place], "")], lines))
        rows.append([place + 1, true, said, _sure(answers.sure[i]), _sure(chances[i, answers.labels[i]]), ids[i]])
    some = f"the {len(cards)} surest" if len(cards) < len(wrong) else "all"
    told = (
        f"{len(wrong):,} of {len(answers.labels):,} test images; here {some}. What a model is sure of and "
        "wrong about is often a label to mend, an image of two things, or a kind of image that it never saw."
    )
    caption = "The same with their files: what each is, what the model said and how sure it was, and what probability "
    caption += f"it gave to the truth.{_cut(len(rows), len(wrong), 'mistakes')}"
    head = ["No.", "Is", "Said", "Sure", "Truth", "Image"]
    return [heading("Mistakes"), paragraph(told), gallery(cards), table(head, rows, caption, numbers=(0, 3, 4))]


def looks(answers, limit=6):
    """Returns where the model looks: at images it tells right, one per class, and at its surest mistakes."""
    run, names, images = answers.run, answers.run.class_names, answers.run.task.test.images
    right = []
    for label in range(len(names)):
        chosen = np.flatnonzero((answers.labels == label) & (answers.said == label))
        if len(chosen) and len(right) < limit:
            # Not the surest, which are often nothing but the class from edge to edge.
            right.append(chosen[answers.sure[chosen].argsort()[len(chosen) // 2]])
    wrong = answers.wrong[:limit]
    # Occlusion costs 64 times the work, so it is tested on fewer images.
    count = 48 if stage_with_maps(run.model, head=run.head)[0] else 12
    spread = np.unique(np.linspace(0, len(images) - 1, count).astype(int))
    asked = np.array([*right, *wrong, *wrong, *spread], int)
    classes = answers.said[asked]
    classes[len(right) + len(wrong) : len(right) + 2 * len(wrong)] = answers.labels[wrong]
    found = explain(run.model, images[asked], classes, head=run.head)
    heats = np.split(found.heat, np.cumsum([len(right), len(wrong), len(wrong)]))
    tested = dataclasses.replace(found, heat=heats[3], classes=classes[-len(spread) :])
    parts = [
        heading("Where it looks"),
        paragraph(
            "In colour, within the line: the smallest part of an image that holds half of what speaks for the class."
        ),
        paragraph(f"{found.note} {_tested(tested, run.model, images[spread])}", "small"),
    ]
    if right:
        cards = []
        for i, photo, heat in zip(right, shown(images, right), heats[0], strict=True):
            panels = [(photo, ""), (highlight(photo, heat), "")]
            cards.append((panels, [names[answers.labels[i]], f"{_sure(answers.sure[i])} sure"]))
        words = "Named correctly: of each class the image of middling confidence."
        parts += [paragraph(words, "caption"), gallery(cards, wide=True)]
    if len(wrong):
        cards = []
        for i, photo, for_said, for_true in zip(wrong, shown(images, wrong), heats[1], heats[2], strict=True):
            one, other = names[answers.said[i]], names[answers.labels[i]]
            panels = [
                (photo, ""),
                (highlight(photo, for_said), f"for {one}"),
                (highlight(photo, for_true), f"for {other}"),
            ]
            cards.append((panels, [f"No. {len(cards) + 1}: {other}, said {one}", f"{_sure(answers.sure[i])} sure"]))
        words = "Mistakes: what spoke for the answer, and what for the truth."
        parts += [paragraph(words, "caption"), gallery(cards, wide=True)]
    return parts


def _tested(found, model, images):
    """Says in words whether heat maps can be believed."""
    effect = found.check(model, images)
    whole, hot, cold = (effect[name] for name in ("whole", "hot_covered", "cold_covered"))
    told = (
        f"Tested on {len(images)} images: with the fifth that speaks most for the class covered, the mean confidence "
        f"goes from {plots.percent(whole)} to {plots.percent(hot)}; with the fifth that speaks least for it, to "
        f"{plots.percent(cold)}. "
    )
    if whole - hot > max(2 * (whole - cold), 0.02):
        return told + "So the maps show what the model uses."
    return told + "So the maps show little of what the model uses: do not build on them."


def shown(images, indices, side=256):
    """Returns images for the eye: those of a folder are decoded larger than a model that takes small ones sees them."""
    height, width, channels = images.shape[1:]
    if hasattr(images, "paths") and max(height, width) < side:
        scale = side / max(height, width)
        images = images.fit_images((round(scale * height), round(scale * width)), channels)
    return np.asarray(images[np.asarray(indices)])


def _sure(chance):
    return "over 99 %" if chance > 0.995 else "under 1 %" if chance < 0.005 else f"{100 * chance:.0f} %"


def _cut(some, total, what):
    return f" Shown: {some} of {total:,} {what}." if some < total else ""
