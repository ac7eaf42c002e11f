"""Precision and recall of one class, worked out from its confusion matrix."""

from collections.abc import Sequence

import numpy as np

from informe.numbers import THIN, count, images, integer, share


def worked(counts: np.ndarray, k: int, classes: Sequence[str]) -> str:
    """The two fractions of class `k`, from counts (K, K) or (K, K + 1) of images."""
    right, there = int(counts[k, k]), int(counts[k].sum())
    predicted, name = int(counts[:, k].sum()), f"«{classes[k]}»"
    text = f"No hay ninguna imagen de la clase {name}: no tiene exhaustividad"
    if there:
        text = (
            f"De {'la' if there == 1 else 'las'} {images(there)} de la clase {name}, la"
            f" red acierta {integer(right)}:"
            f" exhaustividad {_fraction(right, there)}"
        )
    if not predicted:
        return f"{text}. No predice nunca {name}: su precisión, 0/0, no tiene valor."
    return (
        f"{text}. Predice {name} {count(predicted, 'vez', 'veces')} y acierta en"
        f" {integer(right)}: precisión {_fraction(right, predicted)}."
    )


def _fraction(part: int, whole: int) -> str:
    """Write a fraction and its value as a formula."""
    above, below = (integer(n).replace(THIN, r"\,") for n in (part, whole))
    return rf"$\frac{{{above}}}{{{below}}} = {share(part / whole, 2)}$"
