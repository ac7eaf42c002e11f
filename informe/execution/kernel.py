"""Executes one notebook: ``python -m informe.execution.kernel``.

The parent writes what to execute as one JSON line to standard input and keeps that pipe
open. When the pipe closes, because the parent wants to stop or because it died, the
kernel is shut down and the notebook is kept as far as it got. Progress (what the
notebook writes to stderr) goes to this process's stderr with the notebook's name before
each line; the cause of a failure goes to stdout, and the exit status is then 1.
"""

import json
import logging
import os
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path

import papermill
from ipykernel.kernelspec import RESOURCES, get_kernel_dict
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from traitlets.config import Config

from informe.execution.processes import interrupt_main_thread

GRACE = 10.0  # seconds to save the notebook before the process ends anyway
SOCKET_PATH = 100  # bytes; the limit of a Unix socket's path is 107, and 103 on macOS


class OwnKernelManager(AsyncKernelManager):
    """Starts the kernel of this very interpreter.

    A kernelspec called python3 in the user's home may point to any other one.
    """

    kernel_spec = KernelSpec(resource_dir=RESOURCES, **get_kernel_dict())


class Prefixed:
    """A stream whose every line starts with the name of the notebook that wrote it."""

    def __init__(self, stream, name: str):
        self.stream, self.name, self.rest = stream, name, ""

    def write(self, text: str) -> None:
        """Pass on the complete lines, each in one piece, and keep the rest."""
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            self.stream.write(f"{self.name:<14}| {line}\n")

    def flush(self) -> None:
        """Send what has been written."""
        self.stream.flush()


def execute(source: str, target: str, parameters: dict, folder: str) -> None:
    """Run the notebook ``source`` in its own folder and write it to ``target``.

    ``folder`` takes the kernel's private files. Raises what papermill raises.
    """
    papermill.execute_notebook(
        _literal(source),
        _literal(target),
        parameters,
        kernel_name="python3",
        language="python",
        kernel_manager_class=OwnKernelManager,
        config=_connection(Path(folder)),
        extra_arguments=["--IPKernelApp.log_level=50"],  # quiet when it is stopped
        shutdown_kernel="immediate",  # torch takes a second to leave; all is on disk
        cwd=Path(source).parent,
        progress_bar=False,
        stderr_file=Prefixed(sys.stderr, Path(source).stem),
    )


def _connection(folder: Path) -> Config:
    """Configure Unix sockets in a private folder; TCP where there can be none.

    Nobody else can reach such sockets, and kernels that start at the same time cannot
    pick the same port.
    """
    file = folder / "kernel.json"
    fits = len(os.fsencode(file)) < SOCKET_PATH
    transport = "ipc" if fits and hasattr(socket, "AF_UNIX") else "tcp"
    return Config(KernelManager={"connection_file": str(file), "transport": transport})


def _literal(path: str) -> str:
    """Escape a path's braces, since papermill would fill in what is between them."""
    return path.replace("{", "{{").replace("}", "}}")


def _interrupt_at_end_of_input() -> None:
    sys.stdin.read()
    interrupt_main_thread()
    time.sleep(GRACE)
    os._exit(130)  # papermill did not stop; the kernel ends when this process does


def _cause(source: str, target: str, parameters: dict) -> str:
    """Execute the notebook; the cause if it failed."""
    with tempfile.TemporaryDirectory(prefix="informe-") as folder:
        os.environ["IPYTHONDIR"] = folder  # the user's start-up files are ignored
        try:
            execute(source, target, parameters, folder)
        except papermill.PapermillExecutionError as error:
            return f"{error.ename}: {error.evalue}".removesuffix(": ")
        except Exception as error:
            return f"{type(error).__name__}: {error}"
    return ""


def main() -> int:
    """Read what to execute, do it, and say how it ended."""
    logging.getLogger("papermill").setLevel(logging.CRITICAL)  # the cause is enough
    answer = os.fdopen(
        os.dup(1), "w", encoding="utf-8"
    )  # a copy that no process of ours inherits
    os.dup2(2, 1)
    execution = json.loads(sys.stdin.readline())
    threading.Thread(target=_interrupt_at_end_of_input, daemon=True).start()
    try:
        cause = _cause(**execution)
    except KeyboardInterrupt:
        return 130
    print(cause, file=answer, flush=True)
    return 1 if cause else 0


if __name__ == "__main__":
    sys.exit(main())
