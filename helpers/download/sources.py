"""Where the complete data sets come from, and in which order.

Each source runs in a child process (client.py) that leaves original files in
a temporary folder: so a hanging download can be killed with everything that it started,
and nothing half-made is left behind.
"""

import io
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from helpers import paths
from helpers.console import show, tell
from helpers.download.catalog import KNOWN, Source
from helpers.download.formats import Arrays, DataError
from helpers.machine import APART, kill

# Seconds that a source may take in all; the environment's DATA_TIMEOUT replaces them.
DEADLINES = {"torchvision": 300, "npm": 300, "apt": 180, "scikit-learn": 60}


def obtain(name: str) -> tuple[Arrays, str]:
    """Verified arrays of set ``name``, and the source that gave them.

    The files that a user already has in the data folder come first, then its sources.
    Raises DataError, with every source's reason, if none gives the set.
    """
    own, said = paths.data(), f"{name}: "
    try:
        return KNOWN[name].read_folder(own), "archivos propios"
    except DataError as error:
        reasons = [f"archivos propios en {own}: {error}"]
    for source in KNOWN[name].sources:
        said += f"{'pruebo ' if len(reasons) > 1 else ''}{source.kind}… "
        show(said)
        try:
            arrays = fetch(name, source, said)
            tell(f"{said}listo")
            return arrays, str(source)
        except DataError as error:
            reasons.append(f"{source}: {error}")
            said = f"{said.removesuffix('… ')} no responde; "
    raise DataError(
        "\n  - ".join([f"ninguna fuente dio {name} completo:", *reasons])
        + "\nRemedio: conéctese a internet, instale npm (o apt) o ponga los archivos "
        f"originales en {own} (DATA_DIR nombra otra carpeta). DATA_TIMEOUT=3600 espera "
        "más a un servidor lento; DATA=sample usa la muestra incluida."
    )


def fetch(name: str, source: Source, said: str = "") -> Arrays:
    """Verified arrays of set ``name`` from one source; DataError if it fails.

    At a terminal, how far it is stands after the words ``said``.
    """
    with tempfile.TemporaryDirectory(prefix=f"informe-{name}-") as folder:
        run_child(source, folder, said)
        return KNOWN[name].read_folder(Path(folder))


def run_child(source: Source, folder: str, said: str) -> None:
    """Let a child fill ``folder``; DataError if it fails or is not done in time."""
    deadline = float(os.environ.get("DATA_TIMEOUT") or DEADLINES[source.kind])
    start = time.monotonic()
    with _child([source.kind, source.item, folder, *source.files]) as child:
        timer = threading.Timer(deadline, kill, [child])
        timer.start()
        try:
            last = _relay(child, said)
            status = child.wait()
        finally:
            timer.cancel()
    if status and time.monotonic() - start >= deadline:
        raise DataError(f"no acabó en su plazo de {deadline:g} s (DATA_TIMEOUT)")
    if status:
        raise DataError(last or f"acabó con el estado {status}")


@contextmanager
def _child(arguments: list[str]) -> Iterator[subprocess.Popen]:
    """Start a download apart from this process; nothing of it survives the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.download.client", *arguments],
        cwd=paths.PACKAGE.parent,
        env={"PYTHONIOENCODING": "utf-8", **os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        **APART,
    ) as child:
        try:
            yield child
        finally:
            kill(child)


def _relay(child: subprocess.Popen, said: str) -> str:
    """Show a child's output where a person watches; return its last line."""
    last = ""
    assert child.stdout
    with io.TextIOWrapper(child.stdout, "utf-8", "replace", newline="") as output:
        for line in output:
            if text := line.strip():
                last = text
                show(f"{said}{text}")
    return last
