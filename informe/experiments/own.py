"""What a chapter on any data set and network trains, and its decisions.

Both are parameters of its notebook, `notebooks/plantilla.ipynb`.
"""

import inspect
import sys
from dataclasses import replace
from functools import cache
from importlib import import_module
from pathlib import Path

from helpers import models, training
from helpers.datasets import KNOWN, Dataset, load
from helpers.models import Network
from helpers.runs import Plan
from helpers.training import Recipe
from helpers.validation import validation
from informe.experiments.answers import adopted
from informe.experiments.chosen import Choice, adopt, data_for
from informe.experiments.cifar10 import optimizers
from informe.experiments.decision import Decision, Outcome, plans_of
from informe.experiments.mnist import LOSSES, rates
from informe.experiments.plans import Plans, Sets, seeds
from informe.files import MODES, data_asked, stamp
from informe.names import NETWORK_NAMES

BASE = "inicial"
IMAGES = 15_000  # training images to learn from, at most
EPOCHS = 5
AROUND = (0.1, 0.3, 3, 10)  # times the learning rate asked for, those tried besides


def data(settings) -> Dataset:
    """The data set of the notebook. Raises ValueError if there is none such."""
    named = data_asked(settings)
    if named not in KNOWN and not (named and Path(named).expanduser().exists()):
        raise ValueError(
            f"data = {named!r}: no es uno de {', '.join(MODES)}, ni la ruta de una"
            " carpeta de imágenes o de un archivo .npz que exista"
        )
    return _data(named, settings.data, settings.side, *stamp(named))


@cache
def _data(name: str, kind: str, side: int, *_stamp) -> Dataset:
    return load(name, kind, side or None)


def network(settings) -> Network:
    """The network of the notebook: its name among the report's, or its function.

    Raises ValueError if there is none such.
    """
    asked = f"network = {settings.network!r}:"
    if settings.network in models.NETWORKS:
        return settings.network
    name, _, function = settings.network.rpartition(":")
    file = Path(name).expanduser().resolve()
    if file.suffix != ".py":
        raise ValueError(
            f"{asked} debe ser una de {', '.join(models.NETWORKS)}, o un archivo y su"
            " función, como red.py:red"
        )
    if not file.is_file():
        raise ValueError(f"{asked} no existe el archivo {file}")
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))  # last: it hides nothing
    try:
        module = import_module(file.stem)
    except Exception as error:  # whatever its own code raises
        told = f"{type(error).__name__}: {error}"
        raise ValueError(f"{asked} al leer {file.name}, {told}") from error
    if Path(module.__file__ or "").resolve() != file:
        raise ValueError(
            f"{asked} hay otro módulo que se llama «{file.stem}»: dele otro nombre a"
            f" {file.name}"
        )
    there = [k for k, v in vars(module).items() if inspect.isroutine(v) or _own(v)]
    if function not in there:
        raise ValueError(
            f"{asked} en {file.name} no hay ninguna función «{function}»; hay:"
            f" {', '.join(there) or 'ninguna'}"
        )
    return getattr(module, function)


def _own(thing: object) -> bool:
    return isinstance(thing, type) and thing.__module__ not in sys.stdlib_module_names


def make(settings):
    """What makes the network: a function or a class."""
    made = network(settings)
    return models.NETWORKS[made] if isinstance(made, str) else made


def options(settings) -> dict[str, int]:
    """What the data ask of the network, as far as it takes it: channels, side, classes.

    Left out is what it takes them to be anyway. Raises ValueError if it takes the side
    of a square and the images are none.
    """
    taken = inspect.signature(make(settings)).parameters
    sizes = data(settings).sizes
    if "side" in taken and "side" not in sizes:
        height, width = data(settings).train.images.shape[2:]
        raise ValueError(
            f"las imágenes miden {height} × {width} y la red las pide cuadradas: dé con"
            " side el lado al que llevar las de una carpeta, u otra red"
        )
    return {k: n for k, n in sizes.items() if k in taken and taken[k].default != n}


def name(settings) -> str:
    """Name of the chapter, and of its folder: that of the data and of the network."""
    return f"{data(settings).name}-{make(settings).__name__}"


def title(settings) -> str:
    """Title of the chapter: what the data and the network are called."""
    called = make(settings).__name__
    return f"{data(settings).title}: {NETWORK_NAMES.get(called, f'red «{called}»')}"


def check(settings) -> None:
    """Raise ValueError if the network cannot be trained on the data, before it is."""
    whole = data(settings)
    for plan in networks(settings).values():
        try:
            model = models.build(plan.network, **plan.options)
        except Exception as error:  # whatever its own code raises
            told = f"{type(error).__name__}: {error}"
            raise ValueError(f"no se puede construir la red: {told}") from error
        for part in (whole, cut(whole), data_for(whole)):
            training.check(model, part, plan.recipe)


def networks(settings) -> Plans:
    """The network of the notebook, whose parameters are `settings`."""
    recipe = Recipe(
        optimizer=settings.optimizer,
        learning_rate=settings.learning_rate,
        epochs=settings.epochs,
        batch_size=settings.batch_size,
    )
    several = seeds(settings, settings.n_seeds)
    return {BASE: Plan(network(settings), recipe, several, options(settings))}


def everything(settings, data: Dataset) -> Sets:
    """All that the notebook trains, but for the chosen network."""
    tried = plans_of(decisions(settings))
    return [(data, networks(settings)), (cut(data), tried)]


def cut(data: Dataset) -> Dataset:
    """The split on which the decisions are made."""
    return validation(data, IMAGES)


def decisions(settings) -> list[Decision]:
    """The decisions of the notebook: those that every network leaves open."""
    final = networks(settings)[BASE]
    recipe = replace(final.recipe, epochs=min(EPOCHS, settings.epochs))
    base = replace(final, recipe=recipe, seeds=seeds(settings, settings.decision_seeds))
    rate = recipe.learning_rate
    near = rates(recipe, [float(f"{times * rate:.1g}") for times in AROUND])
    asked = optimizers(recipe.optimizer, rate)
    loss, whose = (LOSSES, "entropía cruzada"), f"la red {BASE}"
    return [
        Decision("rate", "¿Qué tasa de aprendizaje?", base, *near, whose=whose),
        Decision("optimizer", "¿Qué optimizador?", base, *asked, whose=whose),
        Decision("loss", "¿Qué pérdida?", base, *loss, whose=whose),
    ]


def chosen(settings, outcomes: dict[str, Outcome]) -> Choice:
    """The network to which the outcomes of the decisions lead.

    An optimizer brings its own learning rate: of the rate and the optimizer to adopt,
    the one that is right more often is.
    """
    several, judged = seeds(settings, settings.decision_seeds), dict(outcomes)
    rival = [name for name in ("rate", "optimizer") if name in judged]
    for name in sorted(rival, key=lambda k: judged[k].right(adopted(judged[k])))[:-1]:
        del judged[name]
    return adopt(networks(settings), BASE, judged, several)
