"""The machine that computes a run, as recorded in its file and in the report."""

import os
import platform
from pathlib import Path


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

    Raises ValueError when "cuda" is asked for and there is none: training silently
    on a CPU instead would take hours.
    """
    import torch

    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise ValueError(
            "device='cuda' was asked for, but torch finds no GPU; "
            "use device='auto' or 'cpu'"
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


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
