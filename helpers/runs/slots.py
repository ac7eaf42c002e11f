"""The cores of this machine, shared by all trainings in this folder.

A training holds a core until it ends, whatever notebook or command it belongs to: two
reports made at once share the cores, and no core is idle while a notebook has work. To
hold a core is to lock a file; the system releases the lock if the process is killed.
The file's name includes the machine's, since several machines may share the folder. A
process that holds a core waits for nothing else, so there is no deadlock.
"""

import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

from filelock import FileLock, Timeout

from helpers import paths
from helpers.machine import core_numbers

WAIT = 0.02  # seconds between two attempts to lock the same core


@contextmanager
def slot(device: str) -> Iterator[None]:
    """Hold a core, or the GPU, inside the block; wait until one is free."""
    paths.locks().mkdir(parents=True, exist_ok=True)
    names = slots(device)
    for name in cycle(names):
        lock = FileLock(paths.locks() / name)
        try:
            lock.acquire(timeout=0)
            break
        except Timeout:
            time.sleep(WAIT / len(names))
    try:
        yield
    finally:
        lock.release()
        time.sleep(2 * WAIT)  # longer than waiting processes pause, so one goes first


def slots(device: str) -> list[str]:
    """Names of this machine's cores, or of its GPU, that trainings lock."""
    if device == "cuda":
        return [f"gpu-{platform.node()}"]
    return [f"core-{platform.node()}-{core}" for core in core_numbers()]
