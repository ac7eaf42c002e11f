"""The machine that computes: its parts, as the report names them, and its processes."""

import os
import platform
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

# Options of Popen: Ctrl-C reaches the parent only, and `kill` ends all of the child's.
APART: dict[str, Any] = {"start_new_session": True}
if hasattr(subprocess, "CREATE_NEW_PROCESS_GROUP"):  # on Windows
    APART = {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}


def describe_machine(device: str) -> dict:
    """Name processor, cores, GPU and versions."""
    import torch  # takes a second, which `cores` need not wait for

    return {
        "processor": _processor(),
        "cores": cores(),
        "gpu": torch.cuda.get_device_name() if device == "cuda" else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def pick_device(device: str) -> str:
    """Turn "auto" into "cuda" where a GPU answers, else "cpu".

    Raises ValueError where "cuda" is asked for and there is none: a CPU takes hours.
    """
    import torch

    available, device = torch.cuda.is_available(), str(device).removesuffix(":0")
    if device == "cuda" and not available:
        raise ValueError(
            "device='cuda': torch no encuentra ninguna GPU; dé device='auto' o 'cpu'"
        )
    return ("cuda" if available else "cpu") if device == "auto" else device


def cores() -> int:
    """Number of cores that this process may use."""
    return len(core_numbers())


def core_numbers() -> list[int]:
    """Which cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def kill(child: subprocess.Popen) -> None:
    """Kill a child started `APART` with all that it started; wait until it is gone."""
    if hasattr(os, "killpg") and hasattr(signal, "SIGKILL"):
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            for _ in range(100):  # at most 2 s: a zombie that nobody reaps does no harm
                os.killpg(child.pid, 0)
                time.sleep(0.02)
    else:  # what outlived the process that started it is not found
        with suppress(psutil.NoSuchProcess):
            kill_children(child.pid)
        child.kill()
        child.wait()


def kill_children(parent: int) -> None:
    """Kill all that a process has started; wait until it is gone."""
    children = psutil.Process(parent).children(recursive=True)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    psutil.wait_procs(children, timeout=2)


def _processor() -> str:
    info = Path("/proc/cpuinfo")  # Linux tells no other way
    text = info.read_text() if info.exists() else ""
    names = re.findall(r"model name\s*: (.+)", text)
    return next(filter(None, [*names, platform.processor(), platform.machine()]))
