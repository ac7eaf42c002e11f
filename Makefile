# All is in make.py, which also runs without make: python3 make.py report
# `make` alone lists the targets; PYTHON=python3.12 takes another Python.

PYTHON ?= python3
TARGETS := report test test-all test-browser lab bench doctor lint audit lock clean

.PHONY: list $(TARGETS)

list:
	@$(PYTHON) make.py --list

$(TARGETS):
	@$(PYTHON) make.py $@
