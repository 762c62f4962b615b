"""Parts of the builder of the slides, `tools/slides.py`."""

import os

# One thread sums in one order, as when the lessons were made. Libraries read this when they are imported.
for _name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
