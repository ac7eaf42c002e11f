"""Where runs are executed: `concurrent.futures`, on this machine or on a Dask cluster.

Both give an executor that takes `submit(run_notebook, task)` and returns a future.
"""

import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager

from helpers.console import tell
from helpers.machine import cores
from informe.errors import InformeError
from informe.sweeps.work import thread

TIMEOUT = 10  # seconds that a scheduler has to answer


@contextmanager
def local(jobs: int) -> Iterator[Executor]:
    """Executor of `jobs` runs at a time on this machine, which share its cores.

    A thread waits for each run's process; leaving the block early stops them.
    """
    stopped = threading.Event()
    share = str(max(1, cores() // jobs))
    executor = ThreadPoolExecutor(jobs, "sweep", _start, (stopped.is_set, share))
    try:
        yield executor
    finally:
        stopped.set()
        executor.shutdown(cancel_futures=True)


def _start(stopped, share: str) -> None:
    thread.stopped, thread.share = stopped, share


@contextmanager
def cluster(address: str) -> Iterator[Executor]:
    """Executor on the workers of the Dask scheduler at `address`.

    If a worker dies, the scheduler gives its run to another one. Raises InformeError if
    Dask is not installed or the scheduler does not answer.
    """
    try:
        from distributed import Client
    except ImportError:
        cure = "pip install 'informe-redes[cluster]'"
        raise InformeError(f"--scheduler necesita Dask: {cure}") from None
    try:
        client = Client(address, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        words = f"ningún planificador de Dask responde en {address}: {error}"
        raise InformeError(words) from error
    with client:
        if not client.nthreads():
            tell(f"el planificador de {address} aún no tiene trabajadores; los espero")
        yield client.get_executor(pure=False)
