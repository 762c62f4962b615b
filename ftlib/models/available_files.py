"""Files of weights and presets of KerasHub: whether they are there."""

import importlib.util
import os
import pathlib

HUB_PREFIX = "hub:"  # of the names of presets


def existing_file(path: str | os.PathLike) -> pathlib.Path:
    """Returns the path of a file of weights, or raises a FileNotFoundError."""
    file_path = pathlib.Path(path)
    if not file_path.is_file():
        raise FileNotFoundError(
            f"No weights at {file_path}. Expected an existing .weights.h5, .h5, .keras, .cfg or .weights file."
        )
    return file_path


def check_preset(preset: str, call: str) -> None:
    """Raises an error where KerasHub, or the folder of a preset, is not there.

    Args:
        preset: Name or local folder.
        call: What needs it, as messages write it: `"load_backbone"`.

    Raises:
        ImportError, FileNotFoundError: As said.
    """
    if importlib.util.find_spec("keras_hub") is None:
        raise ImportError(f'{call}("hub:{preset}") needs KerasHub: pip install "ftlib[hub]".')
    is_local = ("/" in preset or preset.startswith(".")) and "://" not in preset
    if is_local and not pathlib.Path(preset).is_dir():
        raise FileNotFoundError(f"No preset folder at {preset}. Received: 'hub:{preset}'.")
