"""Folders of the project; no other module knows where they are."""

import os
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """Folder that holds data/, figures/, runs/, sweeps/ and report/.

    It is ``INFORME_HOME`` if that is set; else the checkout or, where the package was
    installed, as in Colab, the current folder.
    """
    if home := os.environ.get("INFORME_HOME"):
        return Path(home).expanduser().resolve()
    checkout = PACKAGE.parent
    return checkout if (checkout / "notebooks").is_dir() else Path.cwd()


def data() -> Path:
    """Folder of the data sets' verified cache, and of the user's own original files."""
    if folder := os.environ.get("DATA_DIR"):
        return Path(folder).expanduser().resolve()
    return root() / "data" / "cache"


def sample() -> Path:
    """Folder of the committed sample, in the checkout or where pip installed it."""
    checkout = PACKAGE.parent / "data" / "sample"
    if checkout.is_dir():
        return checkout
    installed = metadata.files("informe-redes") or []
    files = (Path(f.locate()).resolve() for f in installed if f.match("*.npz"))
    return next((file.parent for file in files), checkout)


def notebooks() -> Path:
    """Folder of the report's notebooks."""
    return PACKAGE.parent / "notebooks"


def figures(chapter: str) -> Path:
    """Folder of a chapter's figures; ``INFORME_FIGURES`` is set by a sweep's runs."""
    folder = os.environ.get("INFORME_FIGURES") or root() / "figures"
    return Path(folder).expanduser().resolve() / chapter


def runs() -> Path:
    """Folder of the stored runs."""
    return root() / "runs"


def locks() -> Path:
    """Folder of the locks that running trainings hold."""
    return root() / ".locks"


def sweeps() -> Path:
    """Folder of the sweeps' runs, tables and figures."""
    return root() / "sweeps"


def report() -> Path:
    """Folder of the finished report."""
    return root() / "report"
