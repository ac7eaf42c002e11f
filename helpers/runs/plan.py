"""What to train, and the key under which a training is stored."""

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from functools import cache

import numba
import torch

from helpers import autograd, frames, models, recipe, selection, training
from helpers.datasets import Dataset
from helpers.explicit import kernels, layers, step, updates
from helpers.recipe import Recipe

# the modules whose code decides a result
DECISIVE = (
    *(selection, recipe, models, training, frames, autograd),
    *(step, layers, updates, kernels),
)


@dataclass(frozen=True)
class Plan:
    """A network to train with one recipe, once for each seed."""

    network: str  # one of models.NETWORKS
    recipe: Recipe
    seeds: Iterable[int] = (0,)
    options: dict = field(default_factory=dict)  # of the network's function


@dataclass(frozen=True)
class Training:
    """One training, described by all that decides its result."""

    dataset: str
    data: str  # checksum of the arrays
    split: str  # what it was measured on: helpers.datasets.Dataset's `split`
    train_images: int | None  # how many it learnt from; None for all
    network: str
    options: dict
    recipe: Recipe
    seed: int
    device: str

    @property
    def question(self) -> dict:
        """All that decides the result, as JSON holds it."""
        versions = {"torch": torch.__version__, "numba": numba.__version__}
        return asdict(self) | {"code": code_version()} | versions

    @property
    def key(self) -> str:
        """Name of the stored run: changes with anything that changes the result."""
        return key_of(self.question)


QUESTION = [*(f.name for f in fields(Training)), "code", "torch", "numba"]


def key_of(question: dict) -> str:
    """Digest of a question, 16 hexadecimal digits."""
    text = json.dumps(question, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def trainings(data: Dataset, plan: Plan, device: str) -> list[Training]:
    """Spell a plan out: one training a seed.

    Raises ValueError for an unknown network or option, before anything is trained.
    """
    models.build(plan.network, **plan.options)
    return [
        Training(
            data.name,
            data.checksum,
            data.split,
            data.train_images,
            plan.network,
            plan.options,
            plan.recipe,
            int(seed),
            device,
        )
        for seed in plan.seeds
    ]


@cache
def code_version() -> str:
    """Digest of the code that decides a result; comments and docstrings do not."""
    digest = hashlib.sha256()
    for module in DECISIVE:
        with open(module.__file__, encoding="utf-8") as file:
            digest.update(
                ast.dump(_without_docstrings(ast.parse(file.read()))).encode()
            )
    return digest.hexdigest()


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            node.body = body[1:]
    return tree


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
