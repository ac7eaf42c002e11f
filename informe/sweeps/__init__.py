"""Sweeps: one notebook run with every combination of some parameters' values.

grid.py        from the command line to combinations of checked values
work.py        one run, as plain data that any executor can carry
executors.py   where runs are executed: this machine or a Dask cluster
run.py         runs what is missing, and keeps each result as it comes
table.py       the table and the figure of a sweep
"""
