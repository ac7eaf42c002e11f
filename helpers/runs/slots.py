"""The cores of this machine, shared by all that train in this folder at the same time.

A training holds a core until it ends, whatever notebook or command it belongs to: two
reports at once share the cores, and no core is idle while another notebook has work.
A core is a locked file, whose lock the system frees when its process is killed. The
file's name contains the machine's, as several machines may share the folder. A process
that holds a core waits for nothing else, so there is no deadlock.
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
        time.sleep(2 * WAIT)  # a process that waits looks more often, so it is next


def slots(device: str) -> list[str]:
    """Names of what trainings share: cores by their number, of one machine of many."""
    if device == "cuda":
        return [f"gpu-{platform.node()}"]
    if hasattr(os, "sched_getaffinity"):
        cores = sorted(os.sched_getaffinity(0))
    else:
        cores = range(os.cpu_count() or 1)
    return [f"core-{platform.node()}-{core}" for core in cores]
