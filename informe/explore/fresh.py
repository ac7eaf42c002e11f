"""What `fit` gave, seen as a stored run, so that it is explored like one."""

import copy
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from helpers.datasets import Dataset
from helpers.runs import Run
from helpers.runs.definition import name_of
from helpers.training import Result, predict

ASKED = 20  # images that the network is asked again


@dataclass(frozen=True, eq=False)
class Fresh(Run):
    """A run that is stored nowhere: `folder` is only its name, a digest of it."""

    network: nn.Module
    data: Dataset

    def model(self) -> nn.Module:
        """The network as it was when this was made, on the CPU."""
        return self.network


def fresh(result: Result, data: Dataset) -> Fresh:
    """See a result as a run on `data`, whose test images it must be of.

    Raises ValueError if it is not, or if its network has learnt more since.
    """
    n, title, logits = len(data.test), data.title, result.logits.numpy()
    same = np.array_equal(result.labels, data.test.labels)
    if not same or logits.shape != (n, len(data.classes)):
        raise ValueError(
            f"el resultado no se midió con las {n} imágenes de prueba de {title}: dé"
            " los datos con los que se entrenó"
        )
    model = copy.deepcopy(result.model).cpu()
    again = predict(model, data.test.images[:ASKED]).numpy()
    if not np.allclose(again, logits[:ASKED], 0.01, 0.01):
        raise ValueError(
            f"la red no da lo que se midió de las imágenes de {title}: los datos son"
            " otros, o se volvió a entrenar"
        )
    key = hashlib.sha256(data.checksum.encode() + logits.tobytes()).hexdigest()[:16]
    run = Fresh(Path(key), model, data)
    about = {"dataset": data.name, "data": data.checksum, "split": data.split}
    about |= {"train_images": data.train_images, "network": name_of(model)}
    run.__dict__.update(  # what a stored run reads from its files
        about=about | {"options": {}, "seed": None},
        history=result.history,
        logits=logits,
        labels=result.labels.numpy(),
        snapshots={name: kept.cpu().numpy() for name, kept in result.snapshots.items()},
    )
    return run
