"""From the command line's `-p seed 0:10` to combinations of checked values."""

import csv
import hashlib
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from informe import parameters
from informe.errors import WrongValues
from informe.files import whole
from informe.parameters import Rule

LARGEST = 10_000  # runs of one sweep: more is a slip of the pen
LONGEST = 150  # letters of a folder's name
RANGE = re.compile(r"(-?\d{1,10}):(-?\d{1,10})(?::(\d{1,10}))?")


def combinations(
    given: Iterable[tuple[str, str]], declared: Iterable[str]
) -> list[dict[str, object]]:
    """Every combination of the values, as parameters for a notebook.

    `given` are names and texts: values between commas (`0.1,0.01`, those with a comma
    in double quotes) or, for whole numbers, a range without its end (`0:10`, `0:10:2`).
    `declared` are the names that the notebook takes. If `seed` is given, the notebook
    trains one seed per run.

    Raises WrongValues with all the faults.
    """
    given, known = list(given), parameters.rules(declared)
    names = [name for name, _ in given]
    faults = parameters.unknown(names, known) + repeated(names)
    values = {k: _values(k, text, known[k]) for k, text in given if k in known}
    for name, several in values.items():
        wrong = [fault for v in several for fault in parameters.wrong({name: v}, known)]
        faults += wrong[:3] if several else [f"{name}: no se da ningún valor"]
    if not faults and (n := math.prod(map(len, values.values()))) > LARGEST:
        faults.append(f"son {n} ejecuciones; en un barrido caben {LARGEST}")
    if faults:
        raise WrongValues(faults)
    fixed = {name: 1 for name in ("n_seeds", "dense_seeds") if name in known}
    fixed = fixed if "seed" in values else {}
    product = itertools.product(*values.values())
    return [fixed | dict(zip(values, one, strict=True)) for one in product]


def repeated(names: Iterable[str]) -> list[str]:
    """One fault for each of ``names`` that occurs more than once."""
    several = [name for name, n in Counter(names).items() if n > 1]
    return [f"{name}: se da más de una vez" for name in several]


def label(combination: dict[str, object]) -> str:
    """Name of a combination, for people and for its folder, whatever it holds."""
    name = ",".join(f"{name}={value}" for name, value in combination.items())
    plain = re.sub(r"[^\w.,=+-]+", "_", name)[-LONGEST:]
    if plain == name:
        return name
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _values(name: str, text: str, rule: Rule) -> list:
    match = RANGE.fullmatch(text)
    if rule.type is int and match:
        low, high, step = (int(number) for number in match.groups(default="1"))
        if step and len(range(low, high, step)) <= LARGEST:
            return list(range(low, high, step))
        return [text]  # which its rule refuses
    rows = csv.reader(text.splitlines(), skipinitialspace=True)
    texts = [part.strip() for row in rows for part in row] or [text]
    if rule.type is str and not rule.choices:
        here = Path.cwd()
        texts = [text] if whole(name, text, here) else texts
        texts = [whole(name, one, here) or one for one in texts]
    return list(dict.fromkeys(map(rule.read, texts)))
