"""What a stored run says of each test image of its data set."""

from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from torch import Tensor, nn

from helpers.datasets import SAMPLES, TITLES, Dataset, load
from helpers.evaluation import Classified
from helpers.runs import Run
from helpers.runs.store import InvalidRun
from helpers.validation import part
from informe.names import PART_NAMES, network_of


@dataclass(frozen=True)
class Predictions(Classified):
    """Test images and what a network says of each."""

    title: str  # data set, network and seed, to be shown
    classes: tuple[str, ...]
    images: Tensor  # (N, C, H, W) uint8
    labels: np.ndarray  # (N,) int64
    logits: np.ndarray  # (N, K) float32
    part: str = "prueba"  # which images they are: a value of PART_NAMES

    @cached_property
    def confidence(self) -> np.ndarray:
        """Probability of each image's predicted class, (N,)."""
        return self.probabilities.max(1)


def data_of(run: Run) -> Dataset:
    """Load the data that a run used: the sample or the complete set, split or not.

    Raises ValueError if the available data differ, DataError if there are none.
    """
    name, checksum = run.about["dataset"], run.about["data"]
    for kind in ("sample", "full"):
        data = part(load(name, kind), run.about["split"], run.about["train_images"])
        if data.checksum == checksum:
            return data
    raise ValueError(
        f"el entrenamiento {run.key} usó otros datos de {TITLES[name]} que los"
        " de esta copia; vuelva a entrenarlo con su cuaderno"
    )


def predictions_of(run: Run, data: Dataset | None = None) -> Predictions:
    """Join a run's stored logits with its test images; ValueError if numbers differ."""
    data = data or data_of(run)
    if len(run.logits) != len(data.test):
        raise ValueError(
            f"el entrenamiento {run.key} guarda {len(run.logits)} predicciones"
            f" y hay {len(data.test)} imágenes de prueba"
        )
    return Predictions(
        name_of(run),
        data.classes,
        data.test.images,
        run.labels,
        run.logits,
        PART_NAMES[run.about["split"]],
    )


def model_of(run: Run) -> nn.Sequential:
    """Build a run's network; raises ValueError if its weights' file was changed."""
    try:
        return run.model()
    except InvalidRun:
        raise ValueError(
            f"los pesos del entrenamiento {run.key} no están como se guardaron;"
            " borre su carpeta y vuelva a entrenarlo con su cuaderno"
        ) from None


def name_of(run: Run) -> str:
    """Data set, network and seed of a run, as people say them."""
    return f"{set_of(run)}, {network_of(run)}, semilla {run.seed}"


def set_of(run: Run) -> str:
    """Data set of a run in words, which say so if only the sample was used."""
    title = TITLES[run.about["dataset"]]
    return f"{title} (muestra)" if is_small(run) else title


def is_small(run: Run) -> bool:
    """Whether a run learnt from the sample, or from a part of it."""
    a = run.about
    return a["data"] == _checksum(a["dataset"], a["split"], a["train_images"])


@cache
def _checksum(name: str, split: str, images: int | None) -> str:
    """Checksum of the sample, or of its validation split."""
    if split == "test":
        return SAMPLES[name]
    return part(load(name, "sample"), split, images).checksum
