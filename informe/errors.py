"""The errors that a user can correct."""

import errno

_REASONS = {
    errno.ENOENT: "no existe",
    errno.EISDIR: "es una carpeta",
    errno.ENOTDIR: "está dentro de algo que no es una carpeta",
    errno.EEXIST: "ya existe y no es una carpeta",
    errno.EACCES: "falta el permiso",
    errno.EPERM: "falta el permiso",
    errno.EROFS: "el disco es de solo lectura",
    errno.ENOSPC: "no queda espacio en el disco",
}


class InformeError(Exception):
    """A command cannot do what was asked; the message says why, and the cure."""


class ReportError(InformeError):
    """What cannot be shown of a notebook, and in which of its cells."""


class WrongValues(InformeError):
    """The command line asks for what cannot be: all the faults, a line for each."""

    def __init__(self, faults: list[str]):
        super().__init__("\n  - ".join(["parámetros no válidos:", *faults]))


class ParameterError(ValueError):
    """All faults found in the parameters: a line for each, with its cure."""

    def __init__(self, faults: list[str]):
        title = "Parámetros no válidos; corríjalos y ejecute desde su celda:"
        super().__init__("\n  - ".join([title, *faults]))

    def _render_traceback_(self) -> list[str]:
        """IPython shows this in place of a traceback: the fault is not in the code."""
        return [f"ParameterError: {self}"]


def reason(error: OSError) -> str:
    """Why the system refused, in Spanish where we have the words."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)
