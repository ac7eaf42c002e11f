"""What defines a network of somebody's own, so that its trainings can be found again.

A function or class is what its code does, whatever its comments: its compiled code, its
defaults, and all that it calls or reads and that no installed package holds. Any other
object is what it takes to make it again; weights are their numbers.
"""

import dis
import hashlib
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from types import (
    BuiltinFunctionType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)

from torch import Tensor, nn

from helpers import models
from helpers.models import Network

PLAIN = (bool, int, float, complex, str, bytes, type(None), type(...))
OF_NO_MATTER = {"__module__", "__doc__", "__dict__", "__weakref__", "__annotations__"}
OF_NO_MATTER |= {"__qualname__", "__firstlineno__", "__static_attributes__"}
OF_NO_MATTER |= {"__dataclass_fields__", "__dataclass_params__", "_abc_impl"}
ELSEWHERE = {"open", "load", "environ", "getenv", "eval", "exec", "globals"}

known: dict[str, Network] = {}  # networks of this process, by their definition


class Unknown(ValueError):
    """A stored network whose definition this process does not have."""


class Unkeyable(ValueError):
    """It cannot be told honestly whether two such networks are the same."""


def definition(network: Network) -> str:
    """Digest of all that defines a network. Raises Unkeyable if it cannot be told."""
    made = models.NETWORKS[network] if isinstance(network, str) else network
    parts = _Account().of((models.scale, models.seeded, made))
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def name_of(network: Network) -> str:
    """A name of models.NETWORKS, or that of one's own with its module: `here.net`."""
    if isinstance(network, str):
        return network
    made = type(network) if isinstance(network, nn.Module) else network
    made = getattr(made, "func", made)  # of a partial
    return f"{made.__module__}.{getattr(made, '__qualname__', type(made).__name__)}"


def build(name: str, digest: str, options: dict, seed: int = 0) -> nn.Module:
    """Build a network anew; raises Unknown if this process does not have it."""
    network = name if name in models.NETWORKS else known.get(digest)
    if network is None:
        raise Unknown(
            f"the network {name} is not defined here as it was when it was trained: "
            "define it, and call train() with its plan before"
        )
    return models.build(network, seed=seed, **options)


class _Account:
    """Tells of values, as JSON. What was told is referred to, so that cycles end."""

    def __init__(self):
        self.told = {}  # the value too, lest another one gets its id

    def of(self, value) -> object:
        """Tell of any value. Raises Unkeyable."""
        if type(value) in PLAIN:
            return repr(value)
        if type(value) is tuple:
            return ["tuple", *map(self.of, value)]
        if id(value) in self.told:
            return ["told", self.told[id(value)][0]]
        self.told[id(value)] = len(self.told), value
        if isinstance(value, dict):
            pairs = ([self.of(key), self.of(value[key])] for key in value)
            return [self.of(type(value)), *pairs]
        if isinstance(value, list):
            return [self.of(type(value)), *map(self.of, value)]
        if isinstance(value, set | frozenset):
            items = sorted(map(self.of, value), key=json.dumps)
            return [self.of(type(value)), *items]
        if isinstance(value, FunctionType | type) and _installed(value.__module__):
            return _name(value)
        if isinstance(value, FunctionType):
            return self._function(value)
        if isinstance(value, type):
            return self._class(value)
        if isinstance(value, ModuleType):
            return self._used(value, ())
        if isinstance(value, BuiltinFunctionType):
            return [value.__qualname__, self.of(value.__self__)]
        if isinstance(value, staticmethod | classmethod):
            return [type(value).__name__, self.of(value.__func__)]
        if isinstance(value, property):
            return ["property", *map(self.of, (value.fget, value.fset, value.fdel))]
        if isinstance(value, Tensor):
            return self._tensor(value)
        return self._made(value)

    def _function(self, f: FunctionType) -> list:
        names: set[str] = set()
        read: set[str] = set()
        code = self._code(f.__code__, f.__doc__, names, read)
        there = sys.modules | f.__globals__
        values = {n: there[n] for n in sorted(read & there.keys())}
        cells = zip(f.__code__.co_freevars, f.__closure__ or (), strict=True)
        values |= {n: cell.cell_contents for n, cell in cells}
        used = [[n, self._used(value, names)] for n, value in values.items()]
        own = [self.of(pair) for pair in vars(f).items() if pair[0] != "__wrapped__"]
        return [code, self.of((f.__defaults__, f.__kwdefaults__)), used, *own]

    def _code(self, code: CodeType, doc, names: set, read: set) -> list:
        """Tell of compiled code; add its `names`, and those that it reads outside."""
        outside = ("LOAD_GLOBAL", "LOAD_NAME", "IMPORT_NAME")
        names |= {*code.co_names, *(c for c in code.co_consts if type(c) is str)}
        if unknown := ELSEWHERE & {*code.co_names}:
            raise Unkeyable(f"{code.co_name} uses {', '.join(sorted(unknown))}")
        read |= {i.argval for i in dis.get_instructions(code) if i.opname in outside}
        constants = list(code.co_consts)
        if doc is not None and constants[:1] == [doc]:
            constants[0] = None
        inner = [
            self._code(c, None, names, read) if isinstance(c, CodeType) else self.of(c)
            for c in constants
        ]
        return [
            *(code.co_code.hex(), code.co_exceptiontable.hex(), code.co_flags, inner),
            *(code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars),
            *(code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        ]

    def _class(self, c: type) -> list:
        slots = GetSetDescriptorType | MemberDescriptorType
        members = [
            [name, self.of(member)]
            for name, member in sorted(vars(c).items())
            if name not in OF_NO_MATTER and not isinstance(member, slots)
        ]
        return ["class", self.of(type(c)), *map(self.of, c.__bases__), members]

    def _used(self, value, names: Iterable[str]) -> object:
        """Tell of what a function reads: of a module, what it has of these names."""
        if not isinstance(value, ModuleType):
            return self.of(value)
        if _installed(value.__name__):
            return _name(value)
        if not (getattr(value, "__file__", None) or ".py").endswith(".py"):
            raise Unkeyable(f"the code of {value.__name__} is not to be had")
        found = {n: vars(value)[n] for n in sorted(vars(value).keys() & set(names))}
        inner = ([n, self._used(v, names)] for n, v in found.items() if v is not value)
        return [value.__name__, *inner]

    def _tensor(self, value: Tensor) -> list:
        try:
            content = value.detach().cpu().contiguous().view(-1).numpy().tobytes()
        except (RuntimeError, TypeError, ValueError) as error:
            raise Unkeyable(f"a tensor has no plain numbers: {error}") from None
        digest = hashlib.sha256(content).hexdigest()
        about = str(value.dtype), str(tuple(value.shape)), value.requires_grad
        return [self.of(type(value)), *about, digest]

    def _made(self, value) -> list:
        """Tell of an object by what would make it again."""
        try:
            parts = value.__reduce_ex__(4)
        except Exception as error:  # whatever an object's own code raises
            raise Unkeyable(f"{type(value).__name__}: {error}") from None
        if isinstance(parts, str):  # its name; what lru_cache wraps is an attribute
            attributes = getattr(value, "__dict__", {}).values()
            return [self.of(type(value)), parts, *map(self.of, attributes)]
        make, arguments, state, items, pairs = (*parts, None, None, None)[:5]
        content = state, list(items or ()), list(pairs or ())
        return ["made", self.of(make), self.of(arguments), *map(self.of, content)]


def _name(thing) -> str:
    """Name of what a package holds, with the package's version."""
    module = getattr(thing, "__module__", None) or thing.__name__
    package = sys.modules.get(module.partition(".")[0])
    version = getattr(package, "__version__", "")
    return f"{module}.{getattr(thing, '__qualname__', '')} {version}"


def _installed(module: str | None) -> bool:
    """Whether a module is Python's or of an installed package, not somebody's own."""
    package = (module := str(module or "")).partition(".")[0]  # of Cython, no text
    if package in ("helpers", "__main__", ""):
        return False
    if package in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return bool({"site-packages", "dist-packages"} & {*Path(file).parts})
