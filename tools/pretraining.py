"""What the scripts of pre-training on text share: vocabularies, the loop, checkpoints, and the files that ship."""

import argparse
import hashlib
import json
import os
import pathlib
import time

import h5py
import keras
import numpy as np

from ftlib.files import written_whole
from ftlib.models.tokenizer import SPACE, SPECIAL_PIECES, Tokenizer

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # of pieces that are equally frequent, threads choose by chance
WARM_UP = 0.05  # of the updates
DOCUMENTATION = [  # on the cards: what was learnt from, under which licence
    {"what": "docstrings of NumPy, SciPy, scikit-learn, scikit-image", "licence": "BSD-3-Clause"},
    {"what": "docstrings of Keras", "licence": "Apache-2.0"},
    {"what": "docstrings of Matplotlib", "licence": "Matplotlib licence (BSD-style)"},
]
_CHARACTERS = 2500  # pieces of one character, at most


def learn_vocabulary(texts, size, more_pieces=()):
    """Returns a tokenizer of `size` pieces that byte-pair encoding finds (Sennrich et al., 2016)."""
    import tokenizers

    learner = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token=SPECIAL_PIECES[1]))
    # Words and signs as `Tokenizer` takes them apart: a space belongs to what follows it.
    signs = tokenizers.Regex(r"▁?(\w+|([^\w\s▁])\2*)|\n")
    learner.normalizer = tokenizers.normalizers.Replace(tokenizers.Regex(r"[^\S\n]+|(?<=\n)|^"), SPACE)
    learner.pre_tokenizer = tokenizers.pre_tokenizers.Split(signs, "isolated")
    marks = [*SPECIAL_PIECES, *more_pieces]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=size, special_tokens=marks, limit_alphabet=_CHARACTERS, show_progress=False
    )
    learner.train_from_iterator(texts, trainer)
    id_of_piece = learner.get_vocab()
    return Tokenizer(sorted(id_of_piece, key=id_of_piece.__getitem__))


class TiedPredictor(keras.Model):
    """A token network that predicts tokens at some places of each text, with the vectors of its own embedding.

    Logits are the products of a token's features with each row of the embedding, plus a bias (Press and Wolf, 2017).
    """

    def __init__(self, network):
        super().__init__()
        self.network = network
        self.embedding = network.get_layer("token_embedding")
        self.bias = self.add_weight(shape=(self.embedding.input_dim,), initializer="zeros", name="bias")

    def call(self, inputs):
        """Returns logits `(n, places, vocabulary)` of ids `(n, length)` and places `(n, places)`."""
        ids, places = inputs
        features = keras.ops.take_along_axis(self.network(ids), places[..., None], axis=1)
        return keras.ops.matmul(features, keras.ops.transpose(self.embedding.embeddings)) + self.bias


def parse_arguments(description, updates, peak):
    """Returns what the command line of a script says, with these defaults; its two folders are there then."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("ftlib/weights"), help="folder of the weights")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(".pretrain"), help="folder of the checkpoint")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--updates", type=int, default=updates)
    parser.add_argument("--peak", type=float, default=peak, help="highest learning rate")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    args.out.mkdir(parents=True, exist_ok=True)
    return args


def rate(update, total, peak):
    """Cosine with a linear warm-up (Loshchilov and Hutter, 2017)."""
    warm = WARM_UP * total
    if update < warm:
        return peak * (update + 1) / warm
    return 0.5 * peak * (1 + np.cos(np.pi * (update - warm) / (total - warm)))


def train(predictor, draw_batch, work, *, updates, peak, every=250):
    """Trains a `TiedPredictor`; a run that was stopped goes on at its last checkpoint.

    Args:
        predictor: The model; built.
        draw_batch: From the number of an update to ids, places, and the tokens at these places.
        work: Path of the checkpoint.
        updates, peak: How many, and the highest rate.
        every: Updates between two checkpoints.
    """
    optimizer = keras.optimizers.AdamW(peak, weight_decay=0.01, beta_2=0.98, clipnorm=1.0)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta", "embeddings"])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    predictor.compile(optimizer, loss, metrics=["accuracy"], jit_compile=True)
    optimizer.build(predictor.trainable_variables)
    variables = [*predictor.variables, *optimizer.variables]
    done = load_checkpoint(work, variables)

    began, logs = time.time(), {}
    for update in range(done, updates):
        optimizer.learning_rate = rate(update, updates, peak)
        ids, places, wanted = draw_batch(update)
        logs = predictor.train_on_batch((ids, places), wanted, return_dict=True)
        if (update + 1) % every == 0 or update + 1 == updates:
            shown = "  ".join(f"{name} {float(value):.3f}" for name, value in logs.items())
            print(f"update {update + 1}/{updates}  {shown}  {time.time() - began:.0f} s", flush=True)
            predictor.reset_metrics()
            save_checkpoint(work, variables, update + 1)


def load_checkpoint(work, variables):
    """Sets variables to what a stopped run left, and returns after how many updates; 0 where there was none."""
    if not work.is_file():
        return 0
    with np.load(work, allow_pickle=False) as saved:
        done = int(saved["done"])
        for index, variable in enumerate(variables):
            variable.assign(saved[str(index)])
    print(f"goes on after update {done}", flush=True)
    return done


def save_checkpoint(work, variables, done):
    """Keeps variables after so many updates; the last checkpoint stays until this one is whole."""
    arrays = {str(index): keras.ops.convert_to_numpy(variable) for index, variable in enumerate(variables)}
    with written_whole(work) as part, open(part, "wb") as file:
        np.savez(file, done=np.int64(done), **arrays)


def ship(name, predictor, tokenizer, card, folder):
    """Writes what ships of a `TiedPredictor` into a folder: its network and the bias of its predictions, both in half
    precision, its vocabulary, and its card."""
    files = {
        "backbone": folder / f"{name}.weights.h5",
        "head": folder / f"{name}-head.weights.h5",
        "vocabulary": folder / f"{name}-vocabulary.txt",
    }
    with written_whole(files["backbone"]) as part:
        save_half(predictor.network, part)
    with written_whole(files["head"]) as part, h5py.File(part, "w") as file:
        file.create_dataset("bias", data=keras.ops.convert_to_numpy(predictor.bias).astype("float16"))
    with written_whole(files["vocabulary"]) as part:
        tokenizer.save(part)
    checksums = {part: hashlib.sha256(path.read_bytes()).hexdigest() for part, path in files.items()}
    text = json.dumps({**card, "sha256": checksums}, indent=1, ensure_ascii=False) + "\n"
    with written_whole(folder / f"{name}.json") as part:
        part.write_text(text, encoding="utf-8")


def save_half(network, path, file_format="earliest"):
    """Writes the weights of a network as Keras does, in float16: half the size, and Keras loads them into float32.

    Args:
        network: A Keras model.
        path: Of the file.
        file_format: `"latest"` takes HDF5's newer form, which spares a kilobyte for each weight: much of a small file.
    """
    full = path.with_name("full." + path.name)
    network.save_weights(full)

    def copy(name, item):
        if isinstance(item, h5py.Dataset):
            half.create_dataset(name, data=item[()].astype("float16"))
        else:
            half.require_group(name)
        half[name].attrs.update(item.attrs)

    with h5py.File(full) as whole, h5py.File(path, "w", libver=file_format) as half:
        half.attrs.update(whole.attrs)
        whole.visititems(copy)
    full.unlink()
