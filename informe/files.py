"""Files that parameters name, where they are and whether they changed; whole files."""

import os
import tempfile
from pathlib import Path

from informe.parameters import RULES

MODES = RULES["data"].choices  # of a data set with a name: how much of it


def whole(name: str, text: str, folder: Path) -> str | None:
    """The whole path in the parameter `name`, seen from `folder`; None without one.

    It is `data` that are somebody's own, or a `network` that is a file's, as
    `red.py:red`. A list of these between commas names no file.
    """
    if name == "network":
        file, colon, function = text.rpartition(":")
        path = folder / Path(file).expanduser()
        is_one = "," not in text or ("," not in function and path.exists())
        named = is_one and file.endswith(".py")
    else:
        colon, function, path = "", "", folder / Path(text).expanduser()
        named = bool(text) and text not in MODES and path.exists()
    return f"{path.resolve()}{colon}{function}" if named else None


def placed(values: dict, folder: Path) -> dict:
    """Parameters with the whole paths of the files that they name."""
    asked = {name: str(values.get(name, "")) for name in ("data", "network")}
    found = {name: whole(name, text, folder) for name, text in asked.items()}
    return values | {name: path for name, path in found.items() if path}


def data_asked(settings) -> str:
    """Which data a chapter of any data is on: a name, or the path of somebody's own."""
    return settings.dataset if settings.data in MODES else settings.data


def stamp(place: str | Path) -> tuple:
    """Names, sizes and times of the files at a place, so that a change is seen."""
    path = Path(place).expanduser()
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    about = [(str(file), file.stat()) for file in files if file.is_file()]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in about)


def write_whole(content: bytes | str, path: Path) -> None:
    """Make or replace a file: a reader sees all of the old one or of the new one.

    Raises OSError where it cannot be written; the old one stays.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content.encode() if isinstance(content, str) else content)
    try:
        os.chmod(file.name, 0o644)  # NamedTemporaryFile gives 0o600
        os.replace(file.name, path)
    except OSError:
        os.unlink(file.name)
        raise
