"""What a stored run says of each test image of its data set."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor, nn

from helpers.datasets import SAMPLES, TITLES, Dataset, load
from helpers.evaluation import confusion_counts
from helpers.report.names import PARTS, network_of
from helpers.runs import Run
from helpers.runs.store import Refused
from helpers.selection import validation


@dataclass(frozen=True)
class Outcome:
    """The test images and the probabilities that a network gives to each class."""

    title: str  # data set, network and seed, to be shown
    classes: tuple[str, ...]
    images: Tensor  # (N, C, H, W) uint8
    labels: np.ndarray  # (N,) int64
    probabilities: np.ndarray  # (N, K) float32
    part: str = "prueba"  # which images they are: a value of PARTS

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
        PARTS[run.about["split"]],
    )


def model_of(run: Run) -> nn.Sequential:
    """Build a run's network; raises ValueError if its weights are not as written."""
    try:
        return run.model()
    except Refused:
        raise ValueError(
            f"los pesos del entrenamiento {run.folder.name} no están como se guardaron;"
            " borre su carpeta y vuelva a entrenarlo con su cuaderno"
        ) from None


def name_of(run: Run) -> str:
    """Data set, network and seed of a run, as people say them."""
    return f"{set_of(run)}, {network_of(run)}, semilla {run.seed}"


def set_of(run: Run) -> str:
    """Data set of a run; says where only the sample of it was used."""
    title = TITLES[run.about["dataset"]]
    return f"{title} (muestra)" if is_small(run) else title


def is_small(run: Run) -> bool:
    """Whether a run learnt from the sample, or from a part of it."""
    a = run.about
    return a["data"] == _checksum(a["dataset"], a["split"], a["train_images"])


@cache
def _checksum(name: str, split: str, images: int | None) -> str:
    """That of the sample, or of its validation split."""
    if split == "test":
        return SAMPLES[name]
    return validation(load(name, "sample"), images).checksum
