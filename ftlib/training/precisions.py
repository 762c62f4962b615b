"""What layers may compute in, by name."""

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
