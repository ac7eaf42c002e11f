"""Stored runs: a training asked for twice is computed once."""

from helpers.runs.checkpoint import Checkpoint
from helpers.runs.plan import Plan
from helpers.runs.pool import train
from helpers.runs.store import Run

__all__ = ["Checkpoint", "Plan", "Run", "train"]
