"""Pre-trains `minigpt`, a small GPT that writes documentation, and writes what `ftlib` ships: `make weights`.

It learns the next token of the docstrings of the environment's own libraries, of the modules that no task validates or
tests on (Radford et al., 2019).
"""

import argparse
import pathlib

import keras
import numpy as np
import pretraining

from ftlib.models.token_network import token_network
from ftlib.tasks.docstrings import part_of_module, read_docstrings
from ftlib.tasks.texts import pack_texts

NAME = "minigpt"
NETWORK = {"length": 96, "width": 128, "blocks": 3, "heads": 4, "causal": True}
VOCABULARY, BATCH = 2048, 24


def read_texts(part):
    """Returns the docstrings of the modules of a part."""
    return [page.text for page in read_docstrings() if part_of_module(page.library, page.module) == part]


def draw_batches(rows, seed):
    """Returns a function from the number of an update to ids, all places but the last, and the tokens after them."""
    per_epoch = len(rows) // BATCH
    places = np.tile(np.arange(rows.shape[1] - 1, dtype="int32"), (BATCH, 1))

    def draw(update):
        epoch, step = divmod(update, per_epoch)
        order = np.random.default_rng([seed, epoch]).permutation(len(rows))
        ids = rows[order[step * BATCH : (step + 1) * BATCH]]
        return ids, places, ids[:, 1:]

    return draw


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("ftlib/weights"), help="folder of the weights")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(".pretrain"), help="folder of the checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--updates", type=int, default=4000)
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)

    texts = read_texts("train")
    tokenizer = pretraining.learn_vocabulary(texts, VOCABULARY, more_pieces=["\n"])
    order = np.random.default_rng(args.seed).permutation(len(texts))
    rows = pack_texts([texts[index] for index in order], tokenizer, NETWORK["length"])
    print(f"{len(texts)} texts, {len(rows)} rows", flush=True)

    keras.utils.set_random_seed(args.seed)
    network = token_network(vocabulary_size=len(tokenizer), **NETWORK)
    predictor = pretraining.TiedPredictor(network)
    draw = draw_batches(rows, args.seed)
    predictor(draw(0)[:2])
    work = args.work / f"{NAME}-seed{args.seed}-{args.updates}x{BATCH}-rate{args.peak:g}.npz"
    pretraining.train(predictor, draw, work, updates=args.updates, peak=args.peak)

    tested = pack_texts(read_texts("validation"), tokenizer, NETWORK["length"])[:480]
    losses = []
    for step in range(len(tested) // BATCH):
        ids, places, wanted = draw_batches(tested, 0)(step)
        logits = predictor((ids, places), training=False)
        losses.append(float(keras.ops.mean(keras.losses.sparse_categorical_crossentropy(wanted, logits, True))))
    print(f"validation: {np.mean(losses):.3f} nats a token")
    card = {
        "name": NAME,
        "parameters": network.count_params(),
        "network": {"vocabulary_size": len(tokenizer), **NETWORK},
        "source_task": "the next token of documentation in English",
        "source_loss": {"validation": round(float(np.mean(losses)), 4)},
        "training": {
            "command": "make weights", "seed": args.seed, "updates": args.updates, "batch": BATCH,
            "optimizer": "AdamW, cosine", "peak_rate": args.peak, "keras": keras.__version__,
            "backend": keras.backend.backend(),
        },
        "learned_from": pretraining.DOCUMENTATION,
        "licence": "MIT",
        "limits": "Rows of 96 pieces. Writes what looks like documentation; none of it is to be believed.",
    }  # fmt: skip
    pretraining.ship(NAME, predictor, tokenizer, card, args.out)


if __name__ == "__main__":
    main()
