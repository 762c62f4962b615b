"""What is settled about a phase before it begins."""

import dataclasses

from ftlib.strategies.strategy import Phase


@dataclasses.dataclass(frozen=True)
class PhasePlan:
    """The numbers of a phase.

    Attributes:
        phase: The `Phase`.
        index: Which phase of the run, from 0.
        updates: Updates planned.
        updates_per_epoch: Updates of a whole epoch; the last of the phase may be shorter.
        epochs: Epochs planned.
        updates_before, epochs_before: Done in the phases before it.
        patience: Epochs without a better validation loss after which the phase stops; 0 or None for never.
        keeps_ingredients: Whether the best epochs are kept, for a soup of weights.
    """

    phase: Phase
    index: int
    updates: int
    updates_per_epoch: int
    epochs: int
    updates_before: int
    epochs_before: int
    patience: int | None
    keeps_ingredients: bool
