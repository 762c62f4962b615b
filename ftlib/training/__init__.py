"""How it is done: `fit`, its phases, batches, devices, checkpoints, and comparisons of many runs."""
