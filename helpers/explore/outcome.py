"""What a stored run says of each test image of its data set."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from helpers.datasets import TITLES, Dataset, load
from helpers.evaluation import confusion_counts
from helpers.runs import Run
from helpers.selection import validation

NETWORKS = {
    "one_hidden": "una capa oculta",
    "two_hidden": "dos capas ocultas",
    "dense": "densa",
    "lenet5": "LeNet-5",
}


@dataclass(frozen=True)
class Outcome:
    """The test images and the probabilities that a network gives to each class."""

    title: str  # data set, network and seed, to be shown
    classes: tuple[str, ...]
    images: Tensor  # (N, C, H, W) uint8
    labels: np.ndarray  # (N,) int64
    probabilities: np.ndarray  # (N, K) float32

    @property
    def predicted(self) -> np.ndarray:
        """Predicted class of each image, (N,)."""
        return self.probabilities.argmax(1)

    @property
    def confidence(self) -> np.ndarray:
        """Probability of each image's predicted class, (N,)."""
        return self.probabilities.max(1)

    @property
    def counts(self) -> np.ndarray:
        """Confusion counts (K, K)."""
        return confusion_counts(self.labels, self.predicted, len(self.classes))


def data_of(run: Run) -> Dataset:
    """Load the data that a run was trained on, complete or sample, cut or not.

    Raises ValueError if the data at hand are others, DataError if they are nowhere.
    """
    name, checksum = run.about["dataset"], run.about["data"]
    for kind in ("sample", "full"):
        data = load(name, kind)
        if run.about["split"] == "validation":
            data = validation(data, run.about["train_images"])
        if data.checksum == checksum:
            return data
    raise ValueError(
        f"el entrenamiento {run.folder.name} usó otros datos de {TITLES[name]} que los"
        " de esta copia; vuelva a entrenarlo con su cuaderno"
    )


def outcome(run: Run, data: Dataset | None = None) -> Outcome:
    """Join a run's stored logits with its test images."""
    data = data or data_of(run)
    if len(run.logits) != len(data.test):
        raise ValueError(
            f"el entrenamiento {run.folder.name} guarda {len(run.logits)} predicciones"
            f" y hay {len(data.test)} imágenes de prueba"
        )
    return Outcome(
        name_of(run),
        data.classes,
        data.test.images,
        data.test.labels.numpy(),
        torch.from_numpy(run.logits).softmax(1).numpy(),
    )


def name_of(run: Run) -> str:
    """Data set, network and seed of a run, as people say them."""
    title = TITLES[run.about["dataset"]]
    return f"{title}, {network_of(run)}, semilla {run.seed}"


def network_of(run: Run) -> str:
    """Name of a run's network; says where its output has an activation."""
    name = NETWORKS.get(run.about["network"], run.about["network"])
    output = run.about["options"].get("output")
    return f"{name} con {output} en la salida" if output else name
