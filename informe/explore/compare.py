"""Two networks on the same test images: McNemar's table, whose cells show images."""

import numpy as np

from helpers.uncertainty import compare
from informe.explore import gallery, pixels
from informe.explore.explore import nothing_chosen, select
from informe.explore.predictions import Predictions
from informe.numbers import THIN, between, images, p_value, percent, points

ALL = "todas"


class Comparison:
    """Which images A gets right and B wrong, and the reverse.

    It is a view (see `informe.explore.explore`). The images of a cell are sorted by the
    sum of the two networks' probabilities for their predictions, highest first.
    """

    def __init__(self, a: Predictions, b: Predictions):
        """Compare predictions of the same images; raises ValueError for others."""
        if a.classes != b.classes or not np.array_equal(a.labels, b.labels):
            raise ValueError(
                f"«{a.title}» y «{b.title}» no se midieron con las mismas imágenes"
            )
        self.a, self.b = a, b
        self.choices = {"true": ALL}
        self.chosen: tuple[int, int] | None = None
        self.page = 1
        self.notes: dict[str, str] = {}  # by class; the bootstrap is not done twice

    @property
    def state(self) -> dict:
        """All that is drawn, as JSON."""
        names = enumerate(self.a.classes)
        options = [(ALL, ALL), *((str(k), name) for k, name in names)]
        control = select("true", "Clase verdadera", options)
        return {
            "grid": self._grid(),
            "controls": [control | {"value": self.choices["true"]}],
            "note": self.note,
            "gallery": self._gallery(),
        }

    def do(self, event: dict) -> None:
        """Handle a user's action; raises ValueError if it is not possible."""
        if "choose" in event:
            value = event["choose"]["true"]
            if value != ALL and int(value) not in range(len(self.a.classes)):
                raise ValueError(f"unknown class {value!r}")
            self.choices, self.page = {"true": value}, 1
        elif "cell" in event:
            self.chosen, self.page = tuple(event["cell"]), 1
        elif "page" in event:
            self.page = int(event["page"])
        else:
            raise ValueError(f"unknown event {event!r}")

    def images(self, row: int, column: int) -> np.ndarray:
        """Positions of a cell's images; row (A) and column (B) are 0 right, 1 wrong."""
        wrong_a = (self.a.predictions != self.a.labels).astype(int)
        wrong_b = (self.b.predictions != self.b.labels).astype(int)
        keep = (wrong_a == row) & (wrong_b == column)
        if self.choices["true"] != ALL:
            keep &= self.a.labels == int(self.choices["true"])
        sure = self.a.confidence + self.b.confidence
        return gallery.by_confidence(keep.nonzero()[0], sure)

    @property
    def note(self) -> str:
        """How far the two differ on these images, and how sure that is."""
        true = self.choices["true"]
        if true not in self.notes:
            keep = np.full(len(self.a.labels), True)
            if true != ALL:
                keep = self.a.labels == int(true)
            self.notes[true] = _difference(self.a, self.b, keep)
        return self.notes[true]

    def _grid(self) -> dict:
        words = ("acierta", "falla")
        sizes = np.array([[len(self.images(i, j)) for j in (0, 1)] for i in (0, 1)])
        shades = sizes / (sizes.max() or 1)
        return {
            "label": f"Aciertos y fallos de A ({self.a.title}) y B ({self.b.title})",
            "row_title": "A",
            "column_title": "B",
            "rows": [f"A {word}" for word in words],
            "columns": [f"B {word}" for word in words],
            "headers": False,
            "cells": [
                [
                    {
                        "text": str(sizes[i, j]),
                        "label": f"A {words[i]} y B {words[j]}: "
                        + images(int(sizes[i, j])),
                    }
                    | pixels.shade(shades[i, j])
                    for j in (0, 1)
                ]
                for i in (0, 1)
            ],
            "selected": None if self.chosen is None else list(self.chosen),
        }

    def _gallery(self) -> dict:
        if self.chosen is None:
            return nothing_chosen()
        chosen = self.images(*self.chosen)
        a, b = (("acierta", "falla")[i] for i in self.chosen)
        total = gallery.pages(len(chosen))
        return {
            "title": f"A {a} y B {b}: {images(len(chosen))}",
            "note": "",
            "images": [self._image(i) for i in gallery.page_of(chosen, self.page)],
            "page": min(max(1, self.page), total),
            "pages": total,
        }

    def _image(self, i: int) -> dict:
        names = self.a.classes
        true = names[self.a.labels[i]]
        a, b = (
            f"{names[o.predictions[i]]} {percent(float(o.confidence[i]), None)}"
            for o in (self.a, self.b)
        )
        return {
            "src": pixels.data_url(self.a.images[i]),
            "index": int(i),
            "lines": [true, f"A: {a}", f"B: {b}"],
            "label": f"Imagen de {self.a.part} {i}: verdadera {true};"
            f" A predice {a}, B {b}",
        }


def _difference(a: Predictions, b: Predictions, keep: np.ndarray) -> str:
    """What the paired comparison of the images `keep` (N,) says, in a sentence."""
    if not keep.any():
        return "No hay imágenes de esta clase."
    pair = compare(a.labels[keep], a.predictions[keep], b.predictions[keep])
    return (
        f"Exactitud de A menos la de B: {points(pair.difference, '+')} puntos"
        f" {between(pair.low, pair.high)} (bootstrap pareado del 95{THIN}%);"
        f" prueba exacta de McNemar, {p_value(pair.p_value)}. Cuenta el azar de las"
        " imágenes, no el de las semillas."
    )
