"""Files that are whole or absent, whatever stops the process or the machine."""

import hashlib
import json
import os
from pathlib import Path


def read_json(path: Path):
    """Content of a JSON file; ValueError if it is not whole."""
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(content, path: Path) -> None:
    """Write JSON that a person can read, and have it on the disk."""
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")
    sync(path)


def replace(new: Path, old: Path) -> None:
    """Rename `new` to `old`; after a power failure, `old` is one or the other."""
    os.replace(new, old)
    sync(old.parent)


def sync(path: Path) -> None:
    """Wait until a file's content, or a folder's entries, are on the disk.

    Windows has no way to wait for a folder's.
    """
    if path.is_dir() and not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256(path: Path) -> str:
    """Digest of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
