"""Whether what a notebook showed when it was last executed still holds.

Executing a notebook whose trainings are all stored takes ten seconds, most of them to
import libraries and to draw. If nothing that decides what its code cells show has
changed, their outputs are used again, and only its text is taken anew.
"""

import hashlib
import json
import sys
from collections.abc import Iterable
from contextlib import suppress
from importlib import metadata
from pathlib import Path

import nbformat

from helpers import paths
from informe.execution.processes import Execution
from informe.execution.training import dataset_of, settings
from informe.files import stamp

# what makes the PDF of executed notebooks, and takes no part in executing them
AFTERWARDS = (
    *("informe/cli", "informe/document"),
    *("informe/report/chapters.py", "informe/report/glossary.py"),
)
CODE = {".py", ".js", ".css", ".mplstyle", ".lua", ".typ", ".j2", ".csl", ".bib"}


def remember(execution: Execution) -> None:
    """Note down what an execution that ended well was made from, and what it made.

    Only of a notebook that tells its runs in a metrics.json.
    """
    file = _notes(execution)
    file.unlink(missing_ok=True)
    with suppress(OSError, ValueError, LookupError):  # others are executed every time
        file.write_text(json.dumps(_notebook_made(execution)), encoding="utf-8")


def reuse(execution: Execution) -> bool:
    """Use the last execution again if that is the same; say whether it is.

    The notebook's text is replaced by the present one.
    """
    try:
        same = json.loads(_notes(execution).read_text("utf-8")) == _notebook_made(
            execution
        )
    except (OSError, ValueError, LookupError):
        return False
    if same:
        executed = nbformat.read(execution.target, as_version=4)
        fresh = nbformat.read(execution.source, as_version=4)
        _take_text(fresh.cells, executed.cells)
        nbformat.write(executed, execution.target)
        remember(execution)
    return same


def _take_text(fresh: list, executed: list) -> None:
    own = [
        c for c in executed if "injected-parameters" not in c.metadata.get("tags", [])
    ]
    for new, old in zip(fresh, own, strict=True):
        if new.cell_type == "markdown":
            old.source = new.source


def _notes(execution: Execution) -> Path:
    return execution.target.with_suffix(".made.json")


def chapter(executed: Path) -> Path | None:
    """Folder of what an executed notebook measured; None if it tells of none."""
    cells = json.loads(executed.read_text("utf-8"))["cells"]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    about = [output.get("metadata", {}).get("informe") for output in outputs]
    told = [one.get("measured") for one in about if isinstance(one, dict)]
    named = [name for name in told if name]
    return paths.figures(named[-1]) if named else None


def _notebook_made(execution: Execution) -> dict:
    """All that decides the outputs, and digests of what was made."""
    cells = nbformat.read(execution.source, as_version=4).cells
    code = [(c.cell_type, c.source if c.cell_type == "code" else "") for c in cells]
    tags = [c.metadata.get("tags", []) for c in cells]
    folder = chapter(execution.target)
    if folder is None:
        raise LookupError(f"{execution.name} tells of nothing measured")
    return {
        "cells": digest([json.dumps([code, tags]).encode()]),
        "parameters": {k: str(v) for k, v in execution.parameters.items()},
        "code": digest(file.read_bytes() for file in _code()),
        "packages": [sys.version, *_packages()],
        "data": digest([str(_data(execution)).encode()]),
        "runs": {key: digest([_run(key)]) for key in _runs(folder)},
        "figures": {f.name: digest([f.read_bytes()]) for f in sorted(folder.iterdir())},
        "executed": digest([execution.target.read_bytes()]),
    }


def _code(but: tuple[str, ...] = AFTERWARDS) -> list[Path]:
    root = paths.PACKAGE.parent
    files = [f for house in ("helpers", "informe") for f in (root / house).rglob("*")]
    return sorted(
        f
        for f in files
        if f.suffix in CODE and not f.relative_to(root).as_posix().startswith(but)
    )


def _packages() -> list[str]:
    return sorted(f"{d.name} {d.version}" for d in metadata.distributions())


def _data(execution: Execution) -> list[tuple]:
    """Stamps of the files that it reads: the cached set, or those of its parameters."""
    dataset = dataset_of(execution)
    network, colon, _ = getattr(settings(execution), "network", "").rpartition(":")
    code = sorted(Path(network).parent.glob("*.py")) if colon else []
    files = [paths.data() / f"{dataset}.safetensors", dataset, *code]
    return [stamp(file) for file in map(str, files) if file]


def _runs(folder: Path) -> list[str]:
    """Keys of the runs that the notebook showed."""
    told = json.loads((folder / "metrics.json").read_text("utf-8"))
    shown = [key for network in told["networks"].values() for key in network["runs"]]
    return [*shown, *told["experiments"]]


def _run(key: str) -> bytes:
    return (paths.runs() / key / "run.json").read_bytes()


def everything() -> list[bytes]:
    """All code of ours and the versions of others', which decide what is made."""
    return [*(file.read_bytes() for file in _code(())), "\n".join(_packages()).encode()]


def digest(parts: Iterable[bytes]) -> str:
    """A checksum of texts, in their order."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()
