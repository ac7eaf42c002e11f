"""Memory that is freed stays with the process: for training processes only."""

import ctypes
import platform

M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4  # glibc's malloc.h
PAD = 256 * 2**20  # bytes


def keep_freed_memory() -> bool:
    """Make glibc reuse freed memory instead of returning it to the system.

    By autograd, each step of the dense network needs a new gradient of 94 MB. glibc
    maps it anew and gives it back, and the page faults cost as much as the arithmetic.
    Results do not change. Elsewhere than on glibc nothing is done; says whether it was.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    settings = [(M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, PAD)]
    return all([libc.mallopt(option, value) == 1 for option, value in settings])
