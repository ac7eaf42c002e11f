"""A network without anything non-linear is a multinomial logistic regression."""

import json
import warnings
from dataclasses import dataclass

import numpy as np
import sklearn
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from helpers import paths
from helpers.datasets import Dataset
from helpers.models import scale
from helpers.runs import Run
from helpers.runs.files import read_json, replace, write_json
from helpers.runs.plan import key_of
from helpers.uncertainty import compare
from informe.numbers import NBSP, between, images, percent, points, small

ITERATIONS = 30  # of scikit-learn's solver, at most; they take seconds


@torch.no_grad()
def fold(model: nn.Module, shape: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    """Fold an affine network into a matrix (10, P) and an offset (10,).

    `shape` is that of an image, (C, H, W). The offset is the network's output for a
    black image; a column of the matrix is what one white pixel adds to it. If the
    network is not affine, the two are meaningless.
    """
    pixels = int(np.prod(shape))
    offset = model(torch.zeros(1, *shape))
    columns = model(torch.eye(pixels).reshape(pixels, *shape)) - offset
    return columns.t().contiguous(), offset[0]


@torch.no_grad()
def disagreement(model: nn.Module, images: Tensor) -> float:
    """Largest change of a logit by folding, over uint8 images (N, C, H, W)."""
    matrix, offset = fold(model, images.shape[1:])
    x = scale(images)
    return float((x.flatten(1) @ matrix.t() + offset - model(x)).abs().max())


@dataclass(frozen=True)
class Logistic:
    """scikit-learn's multinomial logistic regression on the same images."""

    predictions: np.ndarray  # (N,) classes of the validation images
    iterations: int
    converged: bool


def logistic(data: Dataset) -> Logistic:
    """Fit the regression to the training part of `data`, once: the result is stored.

    Raises ValueError if `data` is not a validation split.
    """
    if data.split != "validation":
        raise ValueError("the regression is compared on the validation split")
    question = {
        "data": data.checksum,
        "iterations": ITERATIONS,
        "scikit-learn": sklearn.__version__,
    }
    path = paths.runs() / f"logistic-{key_of(question)}.json"
    try:
        found = read_json(path)
    except (OSError, ValueError):  # not there, or half of it
        found = _fit(data)
        new = path.with_suffix(".new")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(question | found, new)
        replace(new, path)
    predictions = np.array(json.loads(found["predictions"]))
    return Logistic(predictions, found["iterations"], found["converged"])


def _fit(data: Dataset) -> dict:
    """Fit and predict; pixels in [0, 1], as the network gets them."""
    learnt, chosen = (
        scale(s.images).flatten(1).numpy() for s in (data.train, data.test)
    )
    model = LogisticRegression(max_iter=ITERATIONS)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(learnt, data.train.labels.numpy())
    return {
        "predictions": json.dumps(model.predict(chosen).tolist()),  # on one line
        "iterations": int(model.n_iter_.max()),
        "converged": not told,
    }


def comparison(model: nn.Module, runs: list[Run], data: Dataset) -> str:
    """State how exactly the network folds and how the regression compares."""
    other = logistic(data)
    labels = data.test.labels.numpy()
    pair = compare(labels, runs[0].predictions, other.predictions)
    ours, theirs = (
        percent(float((predicted == labels).mean()))
        for predicted in (runs[0].predictions, other.predictions)
    )
    apart = "no se distingue" if pair.low <= 0 <= pair.high else "se distingue"
    state = "" if other.converged else ", sin haber convergido"
    worst = disagreement(model, data.test.images)
    return (
        f"Plegada en una matriz de 10 × {data.test.images[0].numel()} y diez"
        f" constantes, la red da las mismas salidas: la mayor diferencia en"
        f" {images(len(data.test))} es de {small(worst, 1)}, redondeo de 32 bits. La"
        " regresión logística multinomial de scikit-learn, con penalización cuadrática"
        f" y {other.iterations} iteraciones{state}, aprendida de las mismas"
        f" {images(len(data.train))}, tiene en las de validación una exactitud de"
        f" {theirs}, y la red (semilla{NBSP}{runs[0].seed}), de {ours}:"
        f" {points(pair.difference, '+', 2)} puntos de diferencia"
        f" {between(pair.low, pair.high, 2)}, que {apart} del azar de las imágenes."
    )
