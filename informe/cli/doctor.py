"""What the report needs from this machine: what is there, what is missing, the cure."""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from safetensors import SafetensorError, safe_open

from helpers import paths
from helpers.download import formats
from helpers.machine import cores
from helpers.parameters import RULES

PROJECT = "informe-redes"
GIB = 2**30


class Check(NamedTuple):
    """One line of the diagnosis; ``level`` is "ok", "warning" or "missing"."""

    level: str
    what: str
    detail: str
    cure: str = ""


def needed() -> Iterator[Check]:
    """Check what no report can do without; quick enough to do before every build."""
    yield _python()
    yield from _packages()
    yield _kernel()
    yield _data_choice()
    yield from map(_number, ("INFORME_JOBS", "DATA_TIMEOUT"))
    yield from map(_writable, (paths.report, paths.runs, paths.data, _figures))
    yield _disk()


def useful() -> Iterator[Check]:
    """Check the rest: what takes longer to check, is optional or only informs."""
    yield _torch()
    yield _typesetter()
    yield _jupyter_kernel()
    yield from map(_data_set, formats.DIGESTS)
    yield from map(_program, ("npm", "apt-get"))
    yield _memory()
    yield _cores()
    yield _gpu()


def _python() -> Check:
    version = platform.python_version()
    return Check("ok", "Python", f"{version}, {sys.executable}")


def _packages() -> Iterator[Check]:
    """One line for each package that is not right, or one for all if all are."""
    try:
        lines = importlib.metadata.requires(PROJECT) or []
    except importlib.metadata.PackageNotFoundError:
        yield Check("missing", "packages", f"{PROJECT} is not installed", "make report")
        return
    wanted = [Requirement(line) for line in lines]
    wanted = [item for item in wanted if not item.marker or item.marker.evaluate()]
    faults = [check for item in wanted if (check := _package(item))]
    yield from faults or [Check("ok", "packages", f"{len(wanted)} in their ranges")]


def _package(wanted: Requirement) -> Check | None:
    cure = f"pip install '{wanted.name}{wanted.specifier}'"
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return Check("missing", wanted.name, "not installed", cure)
    if wanted.specifier.contains(version, prereleases=True):
        return None
    return Check("missing", wanted.name, f"{version} is not {wanted.specifier}", cure)


def _kernel() -> Check:
    try:
        version = importlib.metadata.version("ipykernel")
    except importlib.metadata.PackageNotFoundError:
        cure = "pip install ipykernel"
        return Check("missing", "kernel", "ipykernel is not installed", cure)
    return Check("ok", "kernel", f"ipykernel {version} of this Python")


def _data_choice() -> Check:
    choice = os.environ.get("DATA") or "auto"
    if RULES["data"].accepts(choice):
        return Check("ok", "DATA", choice)
    return Check("missing", "DATA", f"'{choice}'", f"it {RULES['data'].demand('en')}")


def _number(name: str) -> Check:
    text = os.environ.get(name) or "not set"
    if text == "not set" or (text.isdecimal() and int(text) > 0):
        return Check("ok", name, text)
    return Check("missing", name, f"'{text}'", "it must be a whole number above 0")


def _figures() -> Path:
    return paths.figures("")


def _writable(place: Callable[[], Path]) -> Check:
    folder = place()
    parent = _existing(folder)
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        return Check("ok", "writable", str(folder))
    cure = (
        "change its owner or mode, or set INFORME_HOME (DATA_DIR) to a folder of yours"
    )
    return Check("missing", "writable", f"{folder} cannot be written", cure)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _disk() -> Check:
    free = shutil.disk_usage(_existing(paths.root())).free / GIB
    if free < 0.5:
        return Check("missing", "disk", f"{free:.1f} GiB free", "free at least 0.5 GiB")
    level = "ok" if free >= 3 else "warning"
    cure = "" if free >= 3 else "the data and the runs of the full report take 3 GiB"
    return Check(level, "disk", f"{free:.1f} GiB free", cure)


def _torch() -> Check:
    try:
        import torch

        from helpers.download import _torchvision  # noqa: F401 - its import is the check
    except Exception as error:
        words = str(error).partition("\n")[0]
        return Check("missing", "torch", words, "make clean, then make report")
    return Check("ok", "torch", f"{torch.__version__}, and torchvision with it")


def _typesetter() -> Check:
    try:
        import pypandoc
        import typst  # noqa: F401 - its import is the check

        typst_version = importlib.metadata.version("typst")
        pandoc_version = pypandoc.get_pandoc_version()
    except (ImportError, OSError) as error:
        cure = "pip install typst pypandoc-binary"
        return Check("missing", "typesetter", str(error), cure)
    versions = f"typst {typst_version}, pandoc {pandoc_version}"
    return Check("ok", "typesetter", versions)


def _jupyter_kernel() -> Check:
    """Check the kernelspec of JupyterLab and papermill; `informe build` uses none."""
    from jupyter_client.kernelspec import KernelSpecManager

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except Exception as error:
        cure = "python -m ipykernel install --sys-prefix"
        return Check("warning", "kernelspec", f"python3: {error}", cure)
    command = spec.argv[0]
    if command == "python" or Path(command).parent == Path(sys.executable).parent:
        return Check("ok", "kernelspec", f"python3 in {spec.resource_dir}")
    cure = f"remove {spec.resource_dir} to use this Python in JupyterLab and papermill"
    return Check("warning", "kernelspec", f"python3 is {command}", cure)


def _data_set(name: str) -> Check:
    path = paths.data() / f"{name}.safetensors"
    if not path.exists():
        cure = "fetched on first use, or copied there by you; else the sample is used"
        return Check("warning", name, f"not yet in {paths.data()}", cure)
    try:
        with safe_open(path, framework="numpy") as file:
            formats.verify(name, {key: file.get_tensor(key) for key in formats.KEYS})
    except (OSError, SafetensorError, formats.DataError) as error:
        return Check("warning", name, f"{path}: {error}", "fetched anew on first use")
    return Check("ok", name, f"complete and verified, {path}")


def _program(name: str) -> Check:
    if found := shutil.which(name):
        return Check("ok", name, found)
    cure = "only needed where the data sets' own servers do not answer"
    return Check("warning", name, "not installed", cure)


def _memory() -> Check:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / GIB
    if total < 4:
        cure = "close other programs; INFORME_JOBS=1 trains one network at a time"
        return Check("warning", "memory", f"{total:.1f} GiB", cure)
    return Check("ok", "memory", f"{total:.1f} GiB")


def _cores() -> Check:
    return Check("ok", "cores", str(cores()))


def _gpu() -> Check:
    try:
        import torch
    except Exception:
        return Check("ok", "GPU", "unknown without torch")
    if torch.cuda.is_available():
        return Check("ok", "GPU", torch.cuda.get_device_name())
    return Check("ok", "GPU", "none; the report needs none")


def line(check: Check) -> str:
    """A check on one line, and its cure on the next."""
    cure = f"\n{'':10}{'':13} -> {check.cure}" if check.cure else ""
    return f"{check.level:<9} {check.what:<13} {check.detail}{cure}"
