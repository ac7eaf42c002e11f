"""The confusion matrix whose cells show their images.

It is a *view*, which exchanges JSON with a front end: `state` is all that is drawn, and
`do` takes what a user did: {"cell": [row, column]}, {"page": n} or
{"choose": {name: value}}.
"""

import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.spatial.distance import squareform

from helpers.evaluation import off_diagonal, row_shares
from helpers.uncertainty import wilson
from informe import numbers
from informe.explore import gallery, pixels
from informe.explore.predictions import Predictions
from informe.numbers import percent

VALUES = {
    "counts": "número de imágenes",
    "rows": "% de la clase verdadera",
    "columns": "% de la clase predicha",
}
WILSON = f"intervalo de Wilson del 95{numbers.THIN}%"


class Matrix:
    """The matrix of one network and the images of the chosen cell."""

    def __init__(self, seen: Predictions):
        self.seen = seen
        self.choices = {"values": "counts", "errors_only": False, "similar": False}
        self.chosen: tuple | None = None  # classes (true, predicted); None is all
        self.page = 1

    @property
    def order(self) -> list[int]:
        """Classes in the order of rows and columns."""
        if self.choices["similar"]:
            return similarity_order(self.seen.confusion)
        return list(range(len(self.seen.confusion)))

    @property
    def state(self) -> dict:
        """All that is drawn, as JSON."""
        return {
            "grid": self._grid(),
            "controls": self._controls(),
            "note": self.note,
            "gallery": self._gallery(),
        }

    @property
    def note(self) -> str:
        """How often the network is right, and how sure that is."""
        hits, n = int(np.trace(self.seen.confusion)), int(self.seen.confusion.sum())
        of = f"{numbers.images(n)} de {self.seen.part}"
        return (
            f"Acierta {numbers.integer(hits)} de {of}: {share_of(hits, n)} ({WILSON})."
        )

    def do(self, event: dict) -> None:
        """Handle a user's action; raises ValueError if it is not possible."""
        if "choose" in event:
            self._choose(event["choose"])
        elif "cell" in event:
            self.chosen, self.page = self._classes(*event["cell"]), 1
        elif "page" in event:
            self.page = int(event["page"])
        else:
            raise ValueError(f"unknown event {event!r}")

    def _choose(self, choices: dict) -> None:
        if unknown := choices.keys() - self.choices.keys():
            raise ValueError(f"unknown choices {sorted(unknown)}")
        if choices.get("values", "counts") not in VALUES:
            raise ValueError(f"unknown values {choices['values']!r}")
        self.choices |= choices
        self.page = 1

    def _classes(self, row: int | None, column: int | None) -> tuple:
        order = self.order
        return tuple(None if i is None else order[i] for i in (row, column))

    def images(self) -> np.ndarray:
        """Positions of the chosen cell's images, most confident first."""
        if self.chosen is None:
            return np.array([], dtype=int)
        errors = self.choices["errors_only"] and None in self.chosen
        return gallery.select(self.seen, *self.chosen, errors=errors)

    def _grid(self) -> dict:
        order, names = self.order, self.seen.classes
        shares = normalised(self.seen.confusion, self.choices["values"])
        if self.choices["errors_only"]:
            np.fill_diagonal(shares, 0)
        # colours follow the square root, so that errors are visible beside the diagonal
        shades = np.sqrt(shares / (np.nanmax(shares) or 1))
        return {
            "label": f"Matriz de confusión. {self.seen.title}",
            "row_title": "clase verdadera",
            "column_title": "clase predicha",
            "rows": [names[k] for k in order],
            "columns": [names[k] for k in order],
            "headers": True,  # a whole row, or column, can be chosen too
            "cells": [
                [self._cell(i, j, shares[i, j], shades[i, j]) for j in order]
                for i in order
            ],
            "selected": self._selected(order),
        }

    def _selected(self, order: list[int]) -> list | None:
        if self.chosen is None:
            return None
        return [None if k is None else order.index(k) for k in self.chosen]

    def _cell(self, i: int, j: int, share: float, shade: float) -> dict:
        names, count = self.seen.classes, int(self.seen.confusion[i, j])
        hidden = count == 0 or (self.choices["errors_only"] and i == j)
        text = (
            str(count) if self.choices["values"] == "counts" else percent(share, None)
        )
        return {
            "text": "" if hidden else text,
            "label": f"verdadera {names[i]}, predicha {names[j]}:"
            f" {numbers.images(count)}",
        } | pixels.shade(shade)

    def _controls(self) -> list[dict]:
        controls = [
            select("values", "Mostrar", VALUES.items()),
            {"name": "errors_only", "label": "Solo errores", "kind": "check"},
            {"name": "similar", "label": "Ordenar por parecido", "kind": "check"},
        ]
        return [c | {"value": self.choices[c["name"]]} for c in controls]

    def _gallery(self) -> dict:
        if self.chosen is None:
            return nothing_chosen()
        chosen = self.images()
        shown = gallery.page_of(chosen, self.page)
        return {
            "title": f"{self._where()}: {numbers.images(len(chosen))}",
            "note": self._share(),
            "images": [self._image(i) for i in shown],
            "page": min(max(1, self.page), gallery.pages(len(chosen))),
            "pages": gallery.pages(len(chosen)),
        }

    def _where(self) -> str:
        words = zip(("verdadera", "predicha"), self.chosen, strict=True)
        names = self.seen.classes
        return ", ".join(f"{w} {names[k]}" for w, k in words if k is not None)

    def _share(self) -> str:
        """State which share of its row the chosen cell is, with its interval."""
        if None in self.chosen:
            return ""
        row, column = self.chosen
        n, names = int(self.seen.confusion[row].sum()), self.seen.classes
        of = f"{numbers.images(n)} de la clase {names[row]}"
        share = share_of(int(self.seen.confusion[row, column]), n)
        return f"La red da por {names[column]} el {share} de {of} ({WILSON})."

    def _image(self, i: int) -> dict:
        names, o = self.seen.classes, self.seen
        true, predicted = names[o.labels[i]], names[o.predictions[i]]
        sure = percent(float(o.confidence[i]), None)
        return {
            "src": pixels.data_url(o.images[i]),
            "index": int(i),
            "lines": [f"{true} → {predicted}", sure],
            "label": f"Imagen de {o.part} {i}: verdadera {true}, predicha {predicted}, "
            f"probabilidad {sure}",
        }


def select(name: str, label: str, options) -> dict:
    """Describe a list to choose from: `options` are pairs of value and text."""
    options = [list(option) for option in options]
    return {"name": name, "label": label, "kind": "select", "options": options}


def nothing_chosen() -> dict:
    """A gallery before any cell was chosen."""
    title = "Elija una celda para ver sus imágenes."
    return {"title": title, "note": "", "images": [], "page": 1, "pages": 1}


def share_of(part: int, n: int) -> str:
    """Write a share of `n` images with Wilson's interval."""
    low, high = (numbers.percent(float(end)) for end in wilson(part, n))
    share = numbers.percent(part / n if n else np.nan)
    return f"{share} [{low}, {high}]"


def similarity_order(counts: np.ndarray) -> list[int]:
    """Order classes so that those that are often confused are side by side.

    The similarity of two classes is the mean of the two shares in which one is taken
    for the other. Hierarchical clustering by average linkage gives a tree, and its
    optimal leaf ordering (Bar-Joseph et al., 2001) gives the order.
    """
    shares = np.nan_to_num(row_shares(off_diagonal(counts)))
    if not shares.any():
        return list(range(len(counts)))
    alike = (shares + shares.T) / 2
    distance = squareform(alike.max() - alike, checks=False)
    tree = linkage(distance, "average", optimal_ordering=True)
    return leaves_list(tree).tolist()


def normalised(counts: np.ndarray, values: str) -> np.ndarray:
    """Counts (K, K), or their share of the row or of the column; NaN for 0/0."""
    if values == "counts":
        return counts.astype(float)
    return row_shares(counts) if values == "rows" else row_shares(counts.T).T
