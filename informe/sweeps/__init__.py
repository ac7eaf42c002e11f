"""Sweeps: one notebook run with every combination of some parameters' values."""
