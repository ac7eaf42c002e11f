"""What the report needs from this machine: what is there, what is missing, the cure."""

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import psutil
from packaging.requirements import Requirement
from safetensors import SafetensorError, safe_open

from helpers import paths
from helpers.download.catalog import KNOWN
from helpers.download.formats import KEYS, DataError
from helpers.machine import cores
from informe.parameters import RULES

PROJECT = "informe-redes"
GIB = 2**30
OK, WARNING, MISSING = "bien", "aviso", "falta"


class Check(NamedTuple):
    """One line of the diagnosis; ``level`` is OK, WARNING or MISSING."""

    level: str
    what: str
    detail: str
    cure: str = ""


def needed() -> Iterator[Check]:
    """Check what no report can do without; quick enough to do before every build."""
    yield Check(OK, "Python", f"{platform.python_version()}, {sys.executable}")
    yield from _packages()
    yield _data_choice()
    yield from map(_number, ("INFORME_JOBS", "DATA_TIMEOUT"))
    folders = (paths.report(), paths.runs(), paths.data(), paths.figures(""))
    yield from map(_writable, folders)
    yield _disk()


def useful() -> Iterator[Check]:
    """Check the rest: what takes longer to check, is optional or only informs."""
    yield _torch()
    yield _typesetter()
    yield _jupyter_kernel()
    yield from map(_data_set, KNOWN)
    yield from map(_program, ("npm", "apt-get"))
    yield _machine()


def _packages() -> Iterator[Check]:
    """One line for each package that is not right, or one for all if all are."""
    try:
        lines = importlib.metadata.requires(PROJECT) or []
    except importlib.metadata.PackageNotFoundError:
        yield Check(MISSING, "paquetes", f"no está {PROJECT}", "make report")
        return
    wanted = [Requirement(line) for line in lines]
    wanted = [item for item in wanted if not item.marker or item.marker.evaluate()]
    faults = [check for item in wanted if (check := _package(item))]
    yield from faults or [Check(OK, "paquetes", f"{len(wanted)}, como hacen falta")]


def _package(wanted: Requirement) -> Check | None:
    cure = f"pip install '{wanted.name}{wanted.specifier}'"
    try:
        version = importlib.metadata.version(wanted.name)
    except importlib.metadata.PackageNotFoundError:
        return Check(MISSING, wanted.name, "no está instalado", cure)
    if wanted.specifier.contains(version, prereleases=True):
        return None
    return Check(MISSING, wanted.name, f"{version} no es {wanted.specifier}", cure)


def _data_choice() -> Check:
    choice = os.environ.get("DATA") or "auto"
    if RULES["data"].accepts(choice):
        return Check(OK, "DATA", choice)
    return Check(MISSING, "DATA", f"'{choice}'", RULES["data"].demand())


def _number(name: str) -> Check:
    text = os.environ.get(name) or "sin valor"
    if text == "sin valor" or (text.isdecimal() and int(text) > 0):
        return Check(OK, name, text)
    return Check(MISSING, name, f"'{text}'", "debe ser un entero mayor que 0")


def _writable(folder: Path) -> Check:
    parent = _existing(folder)
    if parent.is_dir() and os.access(parent, os.W_OK | os.X_OK):
        return Check(OK, "escribir", str(folder))
    cure = "cambie su dueño o permiso, o dé en INFORME_HOME (DATA_DIR) una carpeta suya"
    return Check(MISSING, "escribir", f"no se puede en {folder}", cure)


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _disk() -> Check:
    free = shutil.disk_usage(_existing(paths.root())).free / GIB
    told = f"{free:.1f} GiB libres"
    if free < 0.5:
        return Check(MISSING, "disco", told, "deje libres al menos 0.5 GiB")
    if free < 3:
        cure = "los datos y entrenamientos del informe completo ocupan 3 GiB"
        return Check(WARNING, "disco", told, cure)
    return Check(OK, "disco", told)


def _torch() -> Check:
    try:
        import torch

        from helpers.download import _torchvision  # noqa: F401 - its import is the check
    except Exception as error:
        words = str(error).partition("\n")[0]
        return Check(MISSING, "torch", words, "make clean y después make report")
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "ninguna"
    told = f"{torch.__version__}, y torchvision con él; GPU (no hace falta): {gpu}"
    return Check(OK, "torch", told)


def _typesetter() -> Check:
    try:
        import pypandoc
        import typst  # noqa: F401 - its import is the check

        typst_version = importlib.metadata.version("typst")
        pandoc_version = pypandoc.get_pandoc_version()
    except (ImportError, OSError) as error:
        cure = "pip install typst pypandoc-binary"
        return Check(MISSING, "composición", str(error), cure)
    return Check(OK, "composición", f"typst {typst_version}, pandoc {pandoc_version}")


def _jupyter_kernel() -> Check:
    """Check the kernelspec of JupyterLab and papermill; `informe build` uses none."""
    from jupyter_client.kernelspec import KernelSpecManager

    try:
        spec = KernelSpecManager().get_kernel_spec("python3")
    except Exception as error:
        cure = "python -m ipykernel install --sys-prefix"
        return Check(WARNING, "kernel", f"python3: {error}", cure)
    command = spec.argv[0]
    if command == "python" or Path(command).parent == Path(sys.executable).parent:
        return Check(OK, "kernel", f"python3 en {spec.resource_dir}")
    cure = f"quite {spec.resource_dir} para usar este Python en JupyterLab y papermill"
    return Check(WARNING, "kernel", f"python3 es {command}", cure)


def _data_set(name: str) -> Check:
    path = paths.data() / f"{name}.safetensors"
    if not path.exists():
        cure = "se descarga al usarlo, o cópielo ahí; si no, se usa la muestra"
        return Check(WARNING, name, f"aún no está en {paths.data()}", cure)
    try:
        with safe_open(path, framework="numpy") as file:
            KNOWN[name].verify({key: file.get_tensor(key) for key in KEYS})
    except (OSError, SafetensorError, DataError) as error:
        told = f"{path}: {error}"
        return Check(WARNING, name, told, "se descarga de nuevo al usarlo")
    return Check(OK, name, f"completo y verificado, {path}")


def _program(name: str) -> Check:
    if found := shutil.which(name):
        return Check(OK, name, found)
    cure = "solo hace falta si no responden los servidores de los datos"
    return Check(WARNING, name, "no está instalado", cure)


def _machine() -> Check:
    total = psutil.virtual_memory().total / GIB
    told = f"{cores()} núcleos, {total:.1f} GiB de memoria"
    if total < 4:
        cure = "cierre otros programas; INFORME_JOBS=1 entrena las redes de una en una"
        return Check(WARNING, "máquina", told, cure)
    return Check(OK, "máquina", told)


def line(check: Check) -> str:
    """A check on one line, and its cure on the next."""
    cure = f"\n{'':10}{'':13} -> {check.cure}" if check.cure else ""
    return f"{check.level:<9} {check.what:<13} {check.detail}{cure}"
