import multiprocessing

import matplotlib
import matplotlib.pyplot as plt
import pytest

matplotlib.use("Agg")


@pytest.fixture(autouse=True)
def no_figure_is_left():
    """A test's figures and their style do not reach the next one."""
    with matplotlib.rc_context():
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


@pytest.fixture(scope="session")
def processes():
    """Processes, each forked from one that has imported torch: they start at once."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.stoppable"])
    return context


@pytest.fixture(scope="session")
def small_runs(tmp_path_factory):
    """A project's folder with a small run of each network, as a newcomer explores."""
    from informe.explore import newest

    folder = tmp_path_factory.mktemp("small")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("INFORME_HOME", str(folder))
        newest("sample")
    return folder
