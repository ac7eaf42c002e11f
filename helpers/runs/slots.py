"""The cores of this machine, shared by all that train in this folder at the same time.

A training holds a core while it goes on, whatever notebook or command it belongs to: so
two reports at once share the cores, and no core idles while another notebook has work.
A core is a locked file; the system frees the lock of a process that is killed. Its name
has the machine's, as several may share the folder. Who holds a core waits for nothing
else, so nobody waits in a circle.
"""

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle

from filelock import FileLock, Timeout

from helpers import paths

WAIT = 0.02  # seconds between two looks at a core


@contextmanager
def slot(device: str) -> Iterator[None]:
    """Hold a core, or the GPU, inside the block; waits until there is a free one."""
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
        time.sleep(2 * WAIT)  # whoever waits is first: it looks more often than that


def slots(device: str) -> list[str]:
    """Names of what trainings share: cores by their number, of one machine of many."""
    if device == "cuda":
        return [f"gpu-{platform.node()}"]
    if hasattr(os, "sched_getaffinity"):
        cores = sorted(os.sched_getaffinity(0))
    else:
        cores = range(os.cpu_count() or 1)
    return [f"core-{platform.node()}-{core}" for core in cores]
