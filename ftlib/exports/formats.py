"""The formats that a model is exported to, and whether each can be written here."""

import dataclasses
import importlib.util
from collections.abc import Sequence

from ftlib.errors import find_name


@dataclasses.dataclass(frozen=True)
class Format:
    """A format to export to.

    Attributes:
        file: Name of the file, or folder, that is written.
        needs: Modules that convert to it and run it.
        extra: The extra of `ftlib` that installs them; None for what comes with `ftlib`.
        use: Where it is meant to run.
    """

    file: str
    needs: tuple[str, ...]
    extra: str | None
    use: str


FORMATS = {
    "keras": Format("model.keras", (), None, "Python; can be trained further"),
    "savedmodel": Format("savedmodel", ("tensorflow",), None, "servers with TensorFlow"),
    "onnx": Format("model.onnx", ("tensorflow", "tf2onnx", "onnx", "onnxruntime"), "onnx", "servers, other languages"),
    "litert": Format("model.tflite", ("tensorflow",), None, "phones, small boards"),
}


def check_formats(formats: str | Sequence[str]) -> tuple[str, ...]:
    """Returns the formats as a tuple of names, each once, after looking whether all of them can be written here.

    Raises:
        ValueError: For none, or an unknown one.
        ImportError: For one whose converter or runtime is not installed; it names what to install.

    Example:
    >>> check_formats("keras")
    ('keras',)
    """
    given_names = [formats] if isinstance(formats, str) else formats
    names = tuple(dict.fromkeys(find_name("format", name, FORMATS) for name in given_names))
    if not names:
        raise ValueError(f"Expected at least one format of {', '.join(FORMATS)}. Received: none.")
    for name in names:
        missing_modules = [module for module in FORMATS[name].needs if importlib.util.find_spec(module) is None]
        if missing_modules:
            extra = FORMATS[name].extra
            command = f'pip install "ftlib[{extra}]"' if extra else f"pip install {' '.join(missing_modules)}"
            raise ImportError(f"The format {name!r} needs {', '.join(missing_modules)}, not installed here: {command}.")
    return names
