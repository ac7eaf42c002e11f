import matplotlib
import matplotlib.pyplot as plt
import pytest

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_is_left():
    """A test's figures do not reach the next one."""
    yield
    plt.close("all")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project's folder of its own for figures/, runs/ and report/."""
    monkeypatch.setenv("INFORME_HOME", str(tmp_path))
    for name in ("DATA", "DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture(scope="session")
def mnist():
    """The committed sample of MNIST."""
    from helpers.datasets import load

    return load("mnist", "sample")
