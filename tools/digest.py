"""Checksums that tell whether code changed in a way that can change a result."""

import ast
import functools
import hashlib
import threading

_MODULES_OF_OTHER_WINGS = (
    "evidence/probes", "evidence/run", "objectives/augmentation", "objectives/classification", "objectives/objective",
    "objectives/evaluation", "objectives/scores", "score", "tasks/inputs", "tasks/resizing", "tasks/split",
    "tasks/task",
)  # fmt: skip
# A run that tells images apart goes through none of these.
_OF_OTHER_TASKS = {
    "models/denoising_network", "models/language_models", "models/minigenerator", "models/token_network",
    "models/tokenizer", "models/vocabularies",
    "objectives/average_precision", "objectives/boxes", "objectives/denoising", "objectives/detection",
    "objectives/image_distances", "objectives/masked_token", "objectives/multi_label", "objectives/next_token",
    "models/speech_network", "objectives/regression", "objectives/span", "objectives/tokens",
}  # fmt: skip
_PARSING = threading.Lock()  # two threads that parse at once make CPython 3.11 raise "recursion depth mismatch"


def parse_code(source, mode="exec"):
    """Returns what `ast.parse` gives, one thread after the other."""
    with _PARSING:
        return ast.parse(source, mode=mode)


def code(folder, names, data=b""):
    """Returns the SHA-256 of bytes and of the modules `names` in a folder. Comments and docstrings do not count."""
    digest = hashlib.sha256(data)
    for name in names:
        source = (folder / f"{name}.py").read_text(encoding="utf-8")
        digest.update(name.encode() + _what_counts(source).encode())
    return digest.hexdigest()


@functools.cache  # every edition of every lesson asks for the whole library
def _what_counts(source):
    """Returns the code of a module without comments and docstrings."""
    tree = parse_code(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)


def training_modules(folder):
    """Returns the modules of `ftlib` that every run on classes of images goes through, as paths without the ending."""
    wings = [
        path for wing in ("models", "objectives", "strategies", "training") for path in (folder / wing).glob("*.py")
    ]
    names = [path.relative_to(folder).with_suffix("").as_posix() for path in wings]
    return sorted({*names, *_MODULES_OF_OTHER_WINGS} - _OF_OTHER_TASKS)


def text(value):
    """Returns a short checksum of a text."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]
