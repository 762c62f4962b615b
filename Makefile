# `make` lists the targets. Everything is installed into .venv inside this folder.
PYTHON ?= python3
PIP = -m pip install --no-cache-dir --no-compile
COLAB = "keras==3.13.2" "tensorflow==2.20.*" "numpy==2.1.*" "matplotlib==3.10.*"

# Tools that would write to the home folder write to .cache instead. Only Keras's own cache stays shared.
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib
export IPYTHONDIR := $(CURDIR)/.cache/ipython
export JUPYTER_CONFIG_DIR := $(CURDIR)/.cache/jupyter/config
export JUPYTER_DATA_DIR := $(CURDIR)/.cache/jupyter/data
export JUPYTER_RUNTIME_DIR := $(CURDIR)/.cache/jupyter/runtime
export npm_config_cache := $(CURDIR)/.cache/npm
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export TF_CPP_MIN_LOG_LEVEL ?= 2
# Python keeps what it compiles, also where the environment says otherwise: importing TensorFlow takes 4 s, not 12.
unexport PYTHONDONTWRITEBYTECODE

# Importing nbval takes seconds in each process. A worker that is done takes tests from the other, and the tests of a file
# mostly stay together, so that what they share is seldom made twice.
UNIT = .venv/bin/python -m pytest -n 2 --dist worksteal -p no:nbval
# One kernel per core, each with one thread: as the lessons were made.
NBVAL = FTLIB_TRACK=glyph TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
	.venv/bin/python -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=300 -n 2 \
	--dist loadfile --no-loadscope-reorder
# The longest first, so that both cores are done at about the same time.
LONG = notebooks/en/06_fine_tuning.ipynb notebooks/en/01b_starting_values_and_optimizers.ipynb \
	notebooks/ko/05_feature_extraction.ipynb

.PHONY: help setup run lab notebooks slides site colab lint test test-fast test-unit test-notebooks test-photo test-colab results benchmarks gpu weights lock clean

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 | /p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s%s\n", $$1, $$2 }'

setup: .venv/.ready  ## install the pinned packages into .venv (again only after they change)

# The editable install is a call of its own because pip cannot hash a folder.
.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo \
	"ftlib needs Python 3.11, 3.12 or 3.13. Received: $(PYTHON) ($$($(PYTHON) --version 2>&1))." \
	"Name another one: make setup PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP) --require-hashes --no-deps -r requirements.lock
	.venv/bin/python $(PIP) --no-deps --no-build-isolation -e .
# Once, here, and not in the first run: Python compiles what it imports, which takes longer than importing it.
	TF_CPP_MIN_LOG_LEVEL=3 .venv/bin/python -c "import ftlib.training.compare, ftlib.report, matplotlib.figure, sklearn.datasets" 2> /dev/null
	@touch $@

run: setup  ## train on real scanned digits three ways, live, and write a report (2 minutes)
	.venv/bin/ftlib run

# In a container the only user is often root, which Jupyter refuses unless told. TensorFlow greets each process with
# lines that look like errors: they go to the terminal, not into the lesson.
lab: setup  ## open JupyterLab in notebooks/
	@mkdir -p .cache/ipython/profile_default
	@echo 'c.IPKernelApp.capture_fd_output = False' > .cache/ipython/profile_default/ipython_kernel_config.py
	.venv/bin/jupyter lab --ServerApp.root_dir="$(CURDIR)/notebooks" $(if $(filter 0,$(shell id -u)),--allow-root)

notebooks: setup  ## build the lessons from notebooks/source; only what changed is executed (LIBRARY=1: ftlib counts)
	.venv/bin/python tools/notebooks.py $(if $(LIBRARY),--library)

slides: setup  ## build the six decks in slides/ as HTML and PDF (needs npm; the PDFs also Chromium)
	.venv/bin/python tools/slides.py

site: setup  ## build the lessons and the API reference as web pages that need no network, into site/
	.venv/bin/python tools/build_site.py

colab: setup  ## build the one file that Colab needs, dist/ftlib-colab.zip
	.venv/bin/python tools/colab.py

lint: setup  ## style, the floors that modules import from, and types
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports --no-cache --no-logo
	.venv/bin/basedpyright --level error ftlib

test-fast: setup  ## for while you work: style, and the tests in which no network trains or predicts
	.venv/bin/ruff check .
	$(UNIT) --fast

test: test-unit test-notebooks  ## style, all tests, a selection of them on JAX, and every lesson executed

test-unit: lint  ## all of it without executing the lessons
	$(UNIT) -m "not photo"
	KERAS_BACKEND=jax $(UNIT) -m backends

test-notebooks: setup  ## execute the lessons: all English ones, and one in Korean, whose code differs in words only
	$(NBVAL) $(LONG) $(filter-out $(LONG),$(wildcard notebooks/en/*.ipynb))

test-photo: setup  ## lessons 00 and 05 to 07 on photos; ftlib fit on flowers and blood cells (needs FTLIB_REAL)
	$(UNIT) -m photo

test-colab: .venv-colab/.ready  ## the tests with the versions that Colab has
	.venv-colab/bin/python -m pytest -n 2 -m "not photo"

.venv-colab/.ready: pyproject.toml
	$(PYTHON) -m venv .venv-colab
	.venv-colab/bin/python $(PIP) $(COLAB) -e ".[hub,lessons,test]"
	@touch $@

results: setup  ## measure the recorded grids in results/ again, where the code gives other results (hours)
	.venv/bin/python tools/results.py
	.venv/bin/python tools/transfer_study.py
	.venv/bin/python tools/advise_study.py
	.venv/bin/python tools/glyph_studies.py
	.venv/bin/python tools/language_study.py
	.venv/bin/python tools/text_study.py
	.venv/bin/python tools/question_study.py
	.venv/bin/python tools/squad_study.py
	.venv/bin/python tools/speech_study.py
	.venv/bin/python tools/detection_study.py
	.venv/bin/python tools/generation_study.py
	.venv/bin/python tools/domain_pictures.py

benchmarks: setup  ## measure ftlib against what one would otherwise do (needs FTLIB_REAL)
	for one in guide own_images fit_parts probe_threads partial rates first_update updates objectives kills first_minute large hardware; do .venv/bin/python benchmarks/$$one.py || exit 1; done
	.venv/bin/python benchmarks/readme.py

gpu: setup  ## measure what a GPU gives, in under ten minutes; KERAS_BACKEND=jax make gpu for another backend
	.venv/bin/python benchmarks/gpu.py

weights: setup  ## pre-train what ships again: glyphnet and its biased sister, minigpt, minibert (needs FTLIB_REAL) and more
	.venv/bin/python tools/pretrain_glyphnet.py
	.venv/bin/python tools/pretrain_glyphnet.py --name glyphnet-marked --marks 0.2 --start --epochs 1 --images 76800 \
	--peak 2e-3
	.venv/bin/python tools/pretrain_minigpt.py
	.venv/bin/python tools/pretrain_minibert.py
	.venv/bin/python tools/pretrain_minispeech.py && .venv/bin/python tools/make_korean_commands.py
	.venv/bin/python tools/pretrain_minidetector.py
	.venv/bin/python tools/pretrain_minigenerator.py

lock: setup  ## resolve the pins again after a change of pyproject.toml
	.venv/bin/python $(PIP) uv
	.venv/bin/uv pip compile --quiet --no-cache --universal --fork-strategy fewest --python-version 3.11 \
	--all-extras --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
	pyproject.toml -o requirements.lock
	sed -n 's/^\([a-z0-9].*==.*[^ ]\) \\$$/\1/p' requirements.lock > constraints.txt

clean:  ## remove the environments and caches (your runs stay)
	rm -rf .venv .venv-colab .cache .pytest_cache .ruff_cache *.egg-info slides/node_modules
