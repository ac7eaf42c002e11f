"""Parameters of the notebooks: the names, types and ranges that are accepted.

A notebook calls ``settings = check_parameters(globals())`` in the cell after the one
tagged ``parameters``; `informe build` applies the same rules before any kernel starts.
What the cell assigns must be a parameter, and what the notebook then reads of
``settings`` must be in the cell.
"""

import difflib
import os
from collections import Counter, namedtuple
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from helpers.download.catalog import KNOWN
from helpers.machine import cores
from informe.cell import assigned, is_injected, written_in
from informe.errors import ParameterError

DEMANDS = {
    "int": "debe ser un entero entre {0.low} y {0.high}",
    "float": "debe ser un número finito mayor que {0.low} y como máximo {0.high}",
    "str": "debe ser uno de: {choices}{0.hint}",
    "text": "debe ser un texto",
}
DENSE = 2363  # weights of each neuron of the dense network


class MissingParameter(ParameterError, AttributeError):
    """The notebook reads a parameter that its cell does not have."""


@dataclass(frozen=True)
class Rule:
    """The values that one parameter may take.

    They are whole numbers from ``low`` to ``high``, both included; real numbers above
    ``low`` and at most ``high``; the words in ``choices``, or any if there are none.
    """

    type: type
    low: int = 0
    high: int = 0
    choices: tuple[str, ...] = ()
    hint: str = ""  # for who asked for something else

    def accepts(self, value: Any) -> bool:
        """Whether ``value`` has the right type and lies in the range."""
        if self.type is str:
            return isinstance(value, str) and value in (self.choices or [value])
        number = isinstance(value, int | self.type) and not isinstance(value, bool)
        if self.type is int:
            return number and self.low <= value <= self.high
        return number and self.low < value <= self.high  # never true of NaN

    def read(self, text: str) -> object:
        """Convert command-line ``text`` to ``type``; give it back if that fails."""
        try:
            return self.type(text)
        except ValueError:
            return text

    def demand(self) -> str:
        """The rule in words."""
        any_text = self.type is str and not self.choices
        sentence = DEMANDS["text" if any_text else self.type.__name__]
        return sentence.format(self, choices=", ".join(self.choices))


RULES = {
    "seed": Rule(int, 0, 2**32 - 1),
    "n_seeds": Rule(int, 1, 100),
    "decision_seeds": Rule(int, 1, 100),
    "epochs": Rule(int, 1, 1000),
    "dense_epochs": Rule(int, 1, 1000),
    "lenet_epochs": Rule(int, 1, 1000),
    "dense_seeds": Rule(int, 1, 100),
    "batch_size": Rule(int, 1, 10_000),
    "learning_rate": Rule(float, 0, 10),
    "optimizer": Rule(str, choices=("sgd", "adam", "adagrad", "rmsprop")),
    "footwear_weight": Rule(float, 0, 100),
    "width": Rule(int, 1, 100_000),
    "dataset": Rule(str, choices=tuple(KNOWN), hint="; la ruta de otros va en data"),
    "network": Rule(str),
    "side": Rule(int, 0, 1024),
    "data": Rule(
        str,
        choices=("auto", "full", "sample"),
        hint="; un capítulo de otros datos lo hace plantilla.ipynb",
    ),
    "device": Rule(str, choices=("auto", "cpu", "cuda")),
}


def rules(names: Iterable[str]) -> dict[str, Rule]:
    """The rules of a cell with these names; beside `dataset`, `data` may be a path."""
    found = {name: RULES[name] for name in names if name in RULES}
    return found | ({"data": Rule(str)} if "dataset" in found else {})


def check_parameters(namespace: Mapping[str, Any]) -> tuple:
    """Return a notebook's parameters as a named tuple, ``settings.epochs`` and so on.

    ``namespace`` is the notebook's ``globals()``. The parameters are what its last cell
    of parameters assigns, found in IPython's history; without one, all names of RULES.
    About a name that is not there (``-p epocs 3``), papermill only warns, and uses the
    defaults; so the cell that it injects is checked as well.

    Raises ParameterError, in Spanish, with all the faults.
    """
    *history, _this_cell = namespace.get("In", []) or [""]
    written = written_in(history, RULES) or [
        name for name in RULES if name in namespace
    ]
    injected = assigned(history[-1]) if is_injected(history) else []
    return checked(written, namespace, injected)


def checked(
    written: list[str], values: Mapping[str, Any], injected: Iterable[str] = ()
) -> tuple:
    """Return the ``values`` of the names that a cell has ``written``, as settings.

    Raises ParameterError for a name that is no parameter, is written twice or has a
    value that its rule refuses, and for one of ``injected`` that the cell lacks.
    Reading a parameter that is not written raises MissingParameter.
    """
    known = {name: values[name] for name in RULES if name in written and name in values}
    twice = [name for name, n in Counter(written).items() if n > 1]
    faults = unknown(written, RULES) + unknown(injected, written)
    faults += wrong(known, rules(written))
    faults += [f"{name}: la celda lo asigna más de una vez" for name in twice]
    if faults := faults or too_large(known):
        raise ParameterError(faults)
    return _settings({name: RULES[name].type(value) for name, value in known.items()})


def _settings(values: dict[str, Any]) -> tuple:
    class Settings(namedtuple("Settings", values)):  # type: ignore[misc]
        __slots__ = ()

        def __getattr__(self, name: str) -> object:
            if name not in RULES:  # also what IPython asks of what it shows
                raise AttributeError(*unknown([name], self._fields))
            cure = f"añada a la celda su línea, «{name}: {RULES[name].type.__name__} ="
            raise MissingParameter(
                [f"{name}: falta en la celda de parámetros; {cure} …»"]
            )

    return Settings(**values)


def unknown(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """One message for each of ``names`` that is not in ``known``."""
    known = sorted(known)
    return [_stranger(name, known) for name in names if name not in known]


def wrong(values: Mapping[str, object], known: Mapping[str, Rule]) -> list[str]:
    """One message for each of ``values`` that its rule, one of ``known``, refuses."""
    return [
        f"{name} = {_short(value)}: {known[name].demand()}"
        for name, value in values.items()
        if not known[name].accepts(value)
    ]


def too_large(values: Mapping[str, Any]) -> list[str]:
    """One message if this machine's memory cannot hold the dense networks in training.

    Of each, three times the weights (with the optimizer's state and a copy to store)
    and the activations of a batch, forward and back.
    """
    width, batch = values.get("width", 0), values.get("batch_size", 0)
    each = 4 * width * (3 * DENSE + 3 * batch) / 1e9
    jobs = int(os.environ.get("INFORME_JOBS") or cores())
    memory = psutil.virtual_memory().total / 1e9
    if each * jobs < memory:
        return []
    return [
        f"width = {width} con batch_size = {batch}: un entrenamiento ocupa unos"
        f" {each:.0f} GB de memoria, y hay {memory:.0f} para {jobs} a la vez; dé"
        " valores menores, o un INFORME_JOBS menor"
    ]


def _stranger(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"; ¿quiso decir «{near[0]}»?" if near else ""
    return f"{name}: no existe ese parámetro{hint}; los que hay son: {', '.join(known)}"


def _short(value: object) -> str:
    """The value on one line as Python writes it, cut where it stops being readable."""
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python refuses to write integers of more than 4,300 digits
        return type(value).__name__ + "(...)"
    return text if len(text) <= 60 else text[:57] + "..."
