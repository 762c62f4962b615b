"""Pre-trains `minibert`, a small BERT that reads Korean and English, and writes what `ftlib` ships: `make weights`.

It reads 200,000 Korean film reviews without their labels (NSMC, CC0) and the docstrings of the environment's own
libraries, of the modules that no task validates or tests on. Two steps, neither with a label:

1. The vectors of the vocabulary come from which pieces stand in one text, as the singular vectors of their positive
   pointwise mutual information (Levy and Goldberg, 2014): minutes, where a network would take hours.
2. All else learns to fill in hidden tokens (Devlin et al., 2019). The vectors stay as they are: in a trial that
   trained them along, a classifier on the features of reviews did worse.
"""

import argparse
import gzip
import os
import pathlib
import time

import keras
import numpy as np
import pretraining
import scipy.sparse
from sklearn.utils.extmath import randomized_svd

from ftlib.models.token_network import token_network
from ftlib.tasks.docstrings import part_of_module, read_docstrings
from ftlib.tasks.texts import pack_texts

NAME = "minibert"
NETWORK = {"length": 64, "width": 128, "blocks": 2, "heads": 4, "causal": False}
VOCABULARY, DOCSTRING_CHARACTERS = 8192, 600
WINDOW = 20  # pieces to either side that count as one text
SPREAD = 0.3  # standard deviation of the numbers in the vectors of the vocabulary
BATCH, HIDDEN = 32, 12  # rows, and hidden tokens in each


def read_texts(reviews):
    """Returns the texts of pre-training by what they are: reviews, and the beginnings of docstrings."""
    with gzip.open(reviews, "rt", encoding="utf-8") as file:
        texts = [line.rstrip("\n") for line in file]
    pages = [
        docstring.text[:DOCSTRING_CHARACTERS]
        for docstring in read_docstrings()
        if part_of_module(docstring.library, docstring.module) == "train"
    ]
    return texts, pages


def piece_vectors(corpora, tokenizer, width, seed):
    """Returns a vector for each piece, `(vocabulary, width)`, by which pieces it shares texts with.

    Each corpus has vectors of its own, and a piece takes those of the corpus in which it is more common. Reviews and
    documentation share hardly a piece; together they would have to share the dimensions.
    """
    streams = [_stream(texts, tokenizer) for texts in corpora]
    counts = [np.bincount(stream[stream >= 0], minlength=len(tokenizer)) for stream in streams]
    shares = np.stack([count / count.sum() for count in counts])
    vectors = np.stack([_vectors_of(stream, len(tokenizer), width, seed) for stream in streams])
    return vectors[shares.argmax(axis=0), np.arange(len(tokenizer))]


def _stream(texts, tokenizer):
    """Returns the ids of texts one after the other, -1 in the gaps between them."""
    gap = np.full(WINDOW, -1)
    rows = [np.concatenate([[piece.id for piece in tokenizer.split_with_places(text)], gap]) for text in texts]
    return np.concatenate(rows).astype(int)


def _vectors_of(stream, size, width, seed):
    """Returns the singular vectors of the positive pointwise mutual information of pieces in one corpus."""
    together = scipy.sparse.csr_matrix((size, size))
    for distance in range(1, WINDOW + 1):
        first, second = stream[:-distance], stream[distance:]
        both = (first >= 0) & (second >= 0)
        pairs = scipy.sparse.csr_matrix((np.ones(both.sum()), (first[both], second[both])), shape=(size, size))
        together = together + pairs + pairs.T

    together = together.tocoo()
    counts = np.asarray(together.sum(axis=1)).ravel()
    smoothed = counts**0.75  # of the context, so that rare pieces do not seem to belong to everything
    information = np.log(together.data * smoothed.sum() / (counts[together.row] * smoothed[together.col]))
    is_positive = information > 0
    matrix = scipy.sparse.csr_matrix(
        (information[is_positive], (together.row[is_positive], together.col[is_positive])), shape=(size, size)
    )
    left, singular, _ = randomized_svd(matrix, width, random_state=seed)
    vectors = left * singular**0.5
    return (vectors * (SPREAD / vectors.std())).astype("float32")


def draw_batches(rows, tokenizer, seed):
    """Returns a function from the number of an update to ids with hidden tokens, their places, and what they were."""
    per_epoch = len(rows) // BATCH

    def draw(update):
        epoch, step = divmod(update, per_epoch)
        order = np.random.default_rng([seed, epoch]).permutation(len(rows))
        ids = rows[order[step * BATCH : (step + 1) * BATCH]].copy()
        rng = np.random.default_rng([seed, epoch, step])
        keys = rng.random(ids.shape)
        keys[ids <= tokenizer.end_id] = 2  # marks are never hidden
        places = np.argsort(keys, axis=1)[:, :HIDDEN].astype("int32")
        wanted = np.take_along_axis(ids, places, axis=1)
        kinds = rng.random(places.shape)  # of ten hidden tokens one stays and one is another, as in BERT
        others = rng.integers(len(pretraining.SPECIAL_PIECES), len(tokenizer), places.shape)
        shown = np.where(kinds < 0.8, tokenizer.mask_id, np.where(kinds < 0.9, others, wanted))
        np.put_along_axis(ids, places, shown.astype("int32"), axis=1)
        return ids, places, wanted

    return draw


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("ftlib/weights"), help="folder of the weights")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(".pretrain"), help="folder of the checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--updates", type=int, default=5000)
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)
    reviews = pathlib.Path(os.environ.get("FTLIB_REAL", "not set")) / "nsmc" / "unlabelled_200k.txt.gz"
    if not reviews.is_file():
        parser.exit(1, f"The reviews come from FTLIB_REAL. Received: no {reviews.name} there.\n")

    began = time.time()
    corpora = read_texts(reviews)
    texts = [text for corpus in corpora for text in corpus]
    tokenizer = pretraining.learn_vocabulary(texts, VOCABULARY)
    order = np.random.default_rng(args.seed).permutation(len(texts))
    rows = pack_texts([texts[index] for index in order], tokenizer, NETWORK["length"])
    print(f"{len(texts)} texts, {len(rows)} rows, {time.time() - began:.0f} s", flush=True)

    keras.utils.set_random_seed(args.seed)
    network = token_network(vocabulary_size=len(tokenizer), **NETWORK)
    network.get_layer("token_embedding").trainable = False
    predictor = pretraining.TiedPredictor(network)
    draw = draw_batches(rows, tokenizer, args.seed)
    predictor(draw(0)[:2])
    work = args.work / f"{NAME}-seed{args.seed}-{args.updates}x{BATCH}-rate{args.peak:g}.npz"
    if not work.is_file():
        network.get_layer("token_embedding").embeddings.assign(
            piece_vectors(corpora, tokenizer, NETWORK["width"], args.seed)
        )
        print(f"vectors of the vocabulary: {time.time() - began:.0f} s", flush=True)
    pretraining.train(predictor, draw, work, updates=args.updates, peak=args.peak)

    card = {
        "name": NAME,
        "parameters": network.count_params(),
        "network": {"vocabulary_size": len(tokenizer), **NETWORK},
        "source_task": "hidden tokens of 200,000 Korean film reviews and of documentation in English",
        "vectors": "singular vectors of the pieces' mutual information, each language by itself; they stay while "
        "the rest learns",
        "training": {
            "command": "make weights", "seed": args.seed, "updates": args.updates, "batch": BATCH, "hidden": HIDDEN,
            "optimizer": "AdamW, cosine", "peak_rate": args.peak, "keras": keras.__version__,
            "backend": keras.backend.backend(),
        },
        "learned_from": [
            {"what": "NSMC's raw reviews without labels, a part", "licence": "CC0"},
            *pretraining.DOCUMENTATION,
        ],
        "licence": "MIT",
        "limits": "Texts of 64 pieces. Knows film reviews and documentation, and what their writers took for granted.",
    }  # fmt: skip
    pretraining.ship(NAME, predictor, tokenizer, card, args.out)


if __name__ == "__main__":
    main()
