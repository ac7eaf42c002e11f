"""What to train, and the key under which a training is stored."""

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from functools import cache, partial
from uuid import uuid4

import numba
import torch
from torch import nn

from helpers import models, training, validation
from helpers.console import tell
from helpers.datasets import Dataset
from helpers.fast import kernels, layers, loop, optimizers, tile
from helpers.gpu import fit, stack
from helpers.models import Network
from helpers.runs import definition
from helpers.training import Recipe

# the modules whose code decides a result, besides the network's definition
DECISIVE = (validation, training, loop, layers, optimizers, kernels, tile)
ON_A_GPU = (fit, stack)  # besides
UNKEYED = "unkeyed "  # begins the definition of a network that has no key


@dataclass(frozen=True)
class Plan:
    """A network to train with one recipe, once for each seed.

    One that is already made starts with the same weights for each seed.
    """

    network: Network
    recipe: Recipe
    seeds: Iterable[int] = (0,)
    options: dict = field(default_factory=dict)  # of the network's function
    may_diverge: bool = False  # a training that does has no run, and stops no other


@dataclass(frozen=True)
class Question:
    """All that decides the result of one training; a stored run is the answer."""

    dataset: str
    data: str  # checksum of the arrays
    split: str  # what the network is measured on: `Dataset.split`
    train_images: int | None  # how many images it learns from; None for all
    network: str  # its name
    definition: str  # digest of what it is
    options: dict
    recipe: Recipe
    seed: int
    device: str

    def build(self) -> nn.Module:
        """The network, with the initial weights of the seed."""
        return definition.build(
            self.network, self.definition, self.options, seed=self.seed
        )

    def is_as_asked(self) -> bool:
        """Whether this process has the network as it was when this was asked."""
        if self.definition.startswith(UNKEYED):
            return True
        network = definition.known.get(self.definition, self.network)
        return definition.definition(network) == self.definition

    @classmethod
    def of(cls, content: dict) -> "Question":
        """The question of a stored run; raises KeyError or TypeError if it is none."""
        told = {f.name: content[f.name] for f in fields(cls)}
        return cls(**told | {"recipe": Recipe(**content["recipe"])})

    @property
    def content(self) -> dict:
        """The question with the versions that decide its answer, ready for JSON."""
        versions = {"torch": torch.__version__, "numba": numba.__version__}
        return asdict(self) | {"code": code_version(self.device)} | versions

    @property
    def key(self) -> str:
        """Name of the stored run: changes with anything that changes the result."""
        return key_of(self.content)


CONTENT = [*(f.name for f in fields(Question)), "code", "torch", "numba"]


def key_of(content: dict) -> str:
    """Digest of a question's content, 16 hexadecimal digits."""
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def questions(data: Dataset, plan: Plan, device: str) -> list[Question]:
    """Spell a plan out: one question for each seed.

    Raises ValueError for what does not suit, before anything is trained.
    """
    network, options = plan.network, plan.options
    weights = network.parameters() if isinstance(network, nn.Module) else ()
    if any(w._backward_hooks or w._post_accumulate_grad_hooks for w in weights):
        raise ValueError("a copy loses the hooks of weights: give its function")
    model = models.build(network, **options)
    with models.seeded(0):
        training.check(model, data, plan.recipe)
    try:
        json.dumps(options)
    except TypeError:  # not to be written down: they are part of the network
        made = models.NETWORKS[network] if isinstance(network, str) else network
        network, options = partial(made, **options), {}
    name = definition.name_of(network)
    try:
        defined = definition.definition(network)
    except definition.Unkeyable as error:
        defined = f"{UNKEYED}{uuid4()}"  # no other training has this one's key
        tell(f"{name} no se guardará, porque su definición no se puede leer: {error}")
    definition.known[defined] = network
    about = data.name, data.checksum, data.split, data.train_images, name, defined
    seeds = map(int, plan.seeds)
    return [Question(*about, options, plan.recipe, seed, device) for seed in seeds]


@cache
def code_version(device: str = "cpu") -> str:
    """Digest of the code that decides a result, without comments and docstrings."""
    digest = hashlib.sha256()
    for module in (*DECISIVE, *(ON_A_GPU if device == "cuda" else ())):
        with open(module.__file__, encoding="utf-8") as file:
            tree = _without_docstrings(ast.parse(file.read()))
            digest.update(ast.dump(tree).encode())
    return digest.hexdigest()


def _without_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and _is_text(body[0]):
            del body[0]
    return tree


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
