"""A lock on a folder, so that two commands do not overwrite each other's files."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from filelock import FileLock, Timeout

from informe.errors import InformeError, reason


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Let the second command that writes to ``folder`` wait for the first.

    Raises InformeError if the folder cannot be written.
    """
    lock = FileLock(folder / ".lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except Timeout:
        click.echo(f"Otra orden escribe en {folder}; espero a que acabe.", err=True)
        lock.acquire()
    except OSError as error:
        words = f"{folder} no se puede escribir: {reason(error)}"
        raise InformeError(words) from error
    try:
        yield
    finally:
        lock.release()
