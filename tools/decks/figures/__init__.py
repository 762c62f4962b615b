"""The figures of the decks, by name. Labels are English in both editions, as in the lessons."""

from decks.figures import beware, decide, domains, practice, training, transfer  # noqa: F401  each registers its own
from decks.figures.common import FIGURES

__all__ = ["FIGURES"]
