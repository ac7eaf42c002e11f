"""Predictions that are ties: what a network says when its outputs are all zero."""

from collections.abc import Sequence

import numpy as np

from helpers.evaluation import confusion_matrix
from helpers.runs import Run
from informe.numbers import NBSP, images, integer, percent

NAME = "sin\ndecisión"  # of the last column
SMALL = 0.0005  # shares below it would print as 0.0 %


def decided(run: Run) -> np.ndarray:
    """Predicted class of each image, (N,); -1 where the largest output is shared.

    Where an output is not a number, nothing is decided either.
    """
    logits = np.asarray(run.logits)
    shared = (logits == logits.max(1, keepdims=True)).sum(1) != 1  # none equals NaN
    return np.where(shared, -1, logits.argmax(1))


def counts(run: Run) -> np.ndarray:
    """Confusion matrix (K, K + 1); the last column counts what was not decided."""
    k, predicted = run.logits.shape[1], decided(run)
    places = np.where(predicted < 0, k, predicted)
    return confusion_matrix(run.labels, places, k + 1)[:k]


def sentence(run: Run, classes: Sequence[str]) -> str:
    """How many predictions of a seed are ties, of which class, and who decides them."""
    table, n, where = counts(run), len(run.labels), f"la semilla{NBSP}{run.seed}"
    total = int(table[:, -1].sum())
    if not total:
        return f"En {where}, ninguna predicción es un empate."
    some = "no se decide" if total == 1 else "no se deciden"
    share = f" (el {percent(total / n)})" if total / n >= SMALL else ""
    luck = int((run.predictions == run.labels)[decided(run) < 0].sum())
    earned = {
        0: "nunca acierta con eso",
        1: "una vez acierta, sin que la red se lo gane",
    }.get(luck, f"{integer(luck)} veces acierta, sin que la red se lo gane")
    return (
        f"En {where}, {images(total)} de {integer(n)}{share} {some}: la salida mayor"
        f" {_why(run, total)}. {_whose(table, classes)} El programa predice entonces la"
        f" primera de las clases empatadas; {earned}."
    )


def _why(run: Run, total: int) -> str:
    """What leaves images undecided: all outputs are zero, other ties, no numbers."""
    logits = np.asarray(run.logits)
    zero, broken = int((logits == 0).all(1).sum()), int(np.isnan(logits).any(1).sum())
    text = "la comparten varias clases"
    if broken:
        return f"{text} o, en {images(broken)}, no es un número"
    if zero == total:
        return f"{text}, porque todas las salidas son 0"
    return f"{text} (en {images(zero)}, porque todas son 0)" if zero else text


def _whose(table: np.ndarray, classes: Sequence[str]) -> str:
    """Which class the undecided images are of, mostly."""
    ties, most = table[:, -1], int(table[:, -1].argmax())
    name, there = f"«{classes[most]}»", images(int(table[most].sum()))
    if ties[most] == ties.sum():
        which = "Es" if ties.sum() == 1 else "Son todas"
        return f"{which} de la clase {name}, que tiene {there} de prueba."
    return (
        f"La clase que más tiene es {name}: {integer(int(ties[most]))} de sus"
        f" {there} de prueba."
    )
