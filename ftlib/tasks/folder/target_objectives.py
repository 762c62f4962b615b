"""What is predicted, as labels say it: the objective of each kind of target."""

from collections.abc import Callable, Sequence

from ftlib.objectives.classification import Classification
from ftlib.objectives.detection import Detection
from ftlib.objectives.multi_label import MultiLabel
from ftlib.objectives.objective import Objective
from ftlib.objectives.regression import Regression
from ftlib.tasks.folder.targets import BoxTarget, ClassTarget, MultiLabelTarget, RegressionTarget, Target, split_unit


def make_objective(target: Target, names: Sequence[str]) -> Objective:
    """Returns the objective of a target.

    Args:
        target: What the labels say.
        names: The classes, or the numbers with their units.

    Example:
    >>> from ftlib.tasks.folder.targets import make_target
    >>> make_objective(make_target("class"), ["cat", "dog"])
    Classification()
    """
    return _OBJECTIVE_OF_TARGET[target.name](names)


def _make_regression(names: Sequence[str]) -> Regression:
    """Returns `Regression` with the names and units of the numbers."""
    target_names, units = zip(*map(split_unit, names), strict=True)
    return Regression(target_names, units)


_OBJECTIVE_OF_TARGET: dict[str, Callable[[Sequence[str]], Objective]] = {
    ClassTarget.name: lambda names: Classification(),
    MultiLabelTarget.name: lambda names: MultiLabel(),
    RegressionTarget.name: _make_regression,
    BoxTarget.name: lambda names: Detection(),
}
