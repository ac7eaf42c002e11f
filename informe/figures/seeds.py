"""The seeds of one recipe, some of which may lose a class."""

from typing import Protocol

import numpy as np

from helpers.runs import Run
from informe.numbers import count


class Seeds(Protocol):
    """What S networks of one recipe did with N images."""

    @property
    def seeds(self) -> list[int]:
        """The number of each seed, (S,)."""

    @property
    def keys(self) -> list[str]:
        """The key of each seed's run, (S,)."""

    @property
    def right(self) -> np.ndarray:
        """Which images each seed's network classifies correctly, (S, N) bool."""

    @property
    def lost(self) -> list[list[int]]:
        """The classes that each seed's network never predicts."""


def lost(run: Run) -> list[int]:
    """Classes that the network never predicts."""
    return np.flatnonzero(run.confusion.sum(0) == 0).tolist()


def left_out(n: int, name: str) -> str:
    """That `n` seeds are left out because they lose a class; nothing if none is."""
    if not n:
        return ""
    verb = "deja" if n == 1 else "dejan"
    return (
        f" No {'cuenta' if n == 1 else 'cuentan'} {count(n, 'semilla', 'semillas')} de"
        f" la red {name} que {verb} de predecir alguna clase."
    )
