"""Stored runs: a training asked for twice is computed once.

plan.py        what to train; the key under which a training is stored
run.py         a stored run, read when it is asked for
store.py       the folder of runs
checkpoint.py  the state after an epoch, from which a stopped training resumes
files.py       files that are either whole or absent
workers.py     train(): trains what is not stored, in processes that share the cores
slots.py       the cores, shared by all trainings in this folder
progress.py    the progress that the user sees
"""

from helpers.runs.checkpoint import Checkpoint
from helpers.runs.plan import Plan
from helpers.runs.run import Run
from helpers.runs.workers import train

__all__ = ["Checkpoint", "Plan", "Run", "train"]
