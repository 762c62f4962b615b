"""Parts of the builder of the lessons, `tools/notebooks.py`."""
