# make report       the PDF, from nothing: .venv, data, notebooks, report/informe.pdf
# make report PROFILE=quick|default|thorough [DATA=full|sample] [ARGS="--author ..."]
# make test         what every change must pass;  make test-all  also the slow tests
# make test-browser the exploring notebook in a real JupyterLab (apt install chromium)
# make lab          JupyterLab on the exploring notebook, for this machine only
#                   (ARGS=--no-browser: only its address)
# make bench        training times beside other tools' (ARGS=--quick)
# make doctor       what this machine has, what it lacks and how to get it
# make audit        known vulnerabilities of the exact versions (asks the network)
# make lint, make lock (exact versions anew), make clean

PYTHON  ?= python3
PROFILE ?= default
DATA    ?= auto
ARGS    ?=
export DATA

VENV    := .venv
BIN     := $(VENV)/bin
READY   := $(VENV)/.ready
LOCK    := $(if $(shell command -v flock),flock .venv.lock)
# torch is named here because a newer one may bring gigabytes of CUDA libraries.
TORCH   := torch==2.13.0 torchvision==0.28.0

# Errors are still shown.
QUIET   := --quiet --quiet --disable-pip-version-check

.DELETE_ON_ERROR:
.PHONY: ready report test test-all test-browser lab bench doctor lint audit lock clean

report: ready
	$(BIN)/informe build --profile $(PROFILE) $(ARGS)

test: ready
	$(BIN)/python -m pytest -m "not slow" $(ARGS)

test-all: ready
	$(BIN)/python -m pytest $(ARGS)

test-browser: ready $(VENV)/.browser
	$(BIN)/python -m pytest -m browser $(ARGS)

lab: ready
	$(BIN)/jupyter lab --ServerApp.ip=127.0.0.1 --ServerApp.root_dir=notebooks \
	  --LabApp.default_url=/lab/tree/explorar.ipynb \
	  $(if $(filter 0,$(shell id -u)),--allow-root) $(ARGS)

bench: ready $(VENV)/.bench
	$(BIN)/python -m benchmarks $(ARGS)

doctor: ready
	$(BIN)/informe doctor

lint: ready
	$(BIN)/ruff check

# If two `make` run at once in one clone, the second waits for the first one's set-up.
ready:
	@$(LOCK) $(MAKE) --no-print-directory $(READY)

# Stamps are written last, so that an interrupted set-up is done again from nothing.
$(READY): $(VENV)/.packages pyproject.toml
	$(BIN)/python -m pip install $(QUIET) --no-deps --editable .
	@touch $@

# The contenders of `make bench`; what requirements.lock pins is not changed.
$(VENV)/.bench: pyproject.toml
	$(BIN)/python -m pip install $(QUIET) -c requirements.lock --editable '.[bench]'
	@touch $@

# The library that drives the browser, which the system provides: apt install chromium.
$(VENV)/.browser: pyproject.toml
	$(BIN)/python -m pip install $(QUIET) -c requirements.lock --editable '.[browser]'
	@touch $@

$(VENV)/.packages: requirements.lock
	@$(call check-python)
	$(PYTHON) -m venv --clear $(VENV)
	@echo "Installing the packages of requirements.lock: some minutes, 3 GB of disk," \
	  "or 6 where torch brings the libraries of CUDA."
	$(BIN)/python -m pip install $(QUIET) -r requirements.lock
	@touch $@

# The auditor has an environment of its own, so that it does not audit itself.
audit:
	@$(call check-python)
	@set -e; new=$$(mktemp -d); trap 'rm -rf "$$new"' EXIT; \
	$(PYTHON) -m venv "$$new"; \
	"$$new/bin/python" -m pip install $(QUIET) pip-audit || { \
	  echo "make audit: pip-audit cannot be fetched; is there a network?" >&2; \
	  exit 1; }; \
	"$$new/bin/pip-audit" --strict --requirement requirements.lock --no-deps \
	  --disable-pip --output "$$new/found" && exit; \
	if [ -s "$$new/found" ]; then cat "$$new/found"; else \
	  echo "make: nothing was audited: the vulnerability database did not answer for" \
	    "every package (see above); try again with a network that reaches it" >&2; fi; \
	exit 1

define check-python
$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
  echo "make: $(PYTHON) is missing or older than 3.11: make PYTHON=python3.12" >&2; \
  exit 1; }; \
$(PYTHON) -c 'import ensurepip, venv' || { \
  echo "make: $(PYTHON) lacks venv; on Debian: apt install python3-venv" >&2; exit 1; }
endef

# Use the oldest Python that must work (PYTHON=...), since new versions of some packages
# need a newer one. The packages are installed in a fresh environment elsewhere. The
# project, the suffix of torch's build (+cpu) and the CUDA libraries are left out; torch
# requires these itself where they are needed.
lock:
	@$(call check-python)
	set -e; new=$$(mktemp -d); trap 'rm -rf "$$new"' EXIT; \
	$(PYTHON) -m venv "$$new"; \
	"$$new/bin/python" -m pip install $(QUIET) $(TORCH) --editable '.[dev]'; \
	sed '/^[^#]/d' requirements.lock > "$$new/lock"; \
	"$$new/bin/python" -m pip freeze --exclude-editable | sed 's/+[a-z0-9.]*$$//' \
	  | grep -Ev '^(nvidia|cuda|triton)' >> "$$new/lock"; \
	mv "$$new/lock" requirements.lock

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -prune -exec rm -rf {} +
