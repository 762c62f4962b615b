"""Numbers that say how good predictions are."""

import numpy as np


def score_predictions(probabilities, labels):
    """Returns `accuracy`, `macro_f1` (the mean of the F1 of every class) and `loss` (cross-entropy) of predictions."""
    labels, said = np.asarray(labels).astype("int64"), probabilities.argmax(1)
    counts = confusion_matrix(labels, said, probabilities.shape[1])
    both = counts.sum(0) + counts.sum(1)
    f1 = 2 * np.diag(counts)[both > 0] / both[both > 0]
    loss = -np.log(np.clip(probabilities[np.arange(len(labels)), labels], 1e-7, 1)).mean()
    return {"accuracy": float((said == labels).mean()), "macro_f1": float(f1.mean()), "loss": float(loss)}


def confusion_matrix(labels, said, classes):
    """Returns the counts, `(classes, classes)`: true class in rows, predicted in columns."""
    labels, said = (np.asarray(values).astype("int64") for values in (labels, said))  # a uint8 would wrap
    return np.bincount(labels * classes + said, minlength=classes**2).reshape(classes, classes)
