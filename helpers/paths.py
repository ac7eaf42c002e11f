"""Where things are: the only module that knows the folders of the project."""

import os
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """Folder that holds data/, figures/, runs/, sweeps/ and report/.

    It is ``INFORME_HOME`` if that is set; the checkout, when the package is used from
    one; the current folder otherwise (the package was installed, as in Colab).
    """
    if home := os.environ.get("INFORME_HOME"):
        return Path(home).expanduser().resolve()
    checkout = PACKAGE.parent
    return checkout if (checkout / "notebooks").is_dir() else Path.cwd()


def data() -> Path:
    """Folder of the data sets' verified cache, or of files that a user already has."""
    if folder := os.environ.get("DATA_DIR"):
        return Path(folder).expanduser().resolve()
    return root() / "data" / "cache"


def sample() -> Path:
    """Folder of the committed sample: the checkout's, or what pip installed of it."""
    checkout = PACKAGE.parent / "data" / "sample"
    if checkout.is_dir():
        return checkout
    installed = metadata.files("informe-redes") or []
    files = (Path(f.locate()).resolve() for f in installed if f.match("*.npz"))
    return next((file.parent for file in files), checkout)


def notebooks() -> Path:
    """Folder of the report's notebooks."""
    return PACKAGE.parent / "notebooks"


def figures(dataset: str) -> Path:
    """Folder of one data set's figures and metrics.

    ``INFORME_FIGURES`` names another one than figures/: a sweep's runs have their own.
    """
    folder = os.environ.get("INFORME_FIGURES") or root() / "figures"
    return Path(folder).expanduser().resolve() / dataset


def runs() -> Path:
    """Folder of the stored runs."""
    return root() / "runs"


def locks() -> Path:
    """Folder of the locks of trainings that go on."""
    return root() / ".locks"


def sweeps() -> Path:
    """Folder of the sweeps' runs, tables and figures."""
    return root() / "sweeps"


def report() -> Path:
    """Folder of the finished report."""
    return root() / "report"
