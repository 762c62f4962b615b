"""The parts of a task, by name."""

PARTS = ("train", "validation", "test")
