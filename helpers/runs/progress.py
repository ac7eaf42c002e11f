"""Progress of trainings: bars for a person, one plain line an epoch when headless."""

import sys
import threading

from IPython import get_ipython
from tqdm.auto import tqdm

from helpers.plotting import percent
from helpers.runs import store
from helpers.runs.plan import Training
from helpers.training import Epoch


def is_interactive() -> bool:
    """Whether a person looks on: in a notebook's front end, or at a terminal.

    papermill and nbconvert run a notebook without anybody: they keep the kernel's
    history in memory, which no front end does.
    """
    shell = get_ipython()
    if shell is None:
        return sys.stderr.isatty()
    return shell.config.HistoryManager.get("hist_file") != ":memory:"


class Progress:
    """Shows, on stderr, the epochs that processes report through a queue."""

    def __init__(self, title, jobs: dict[tuple, Training], queue, device, processes):
        """`jobs` maps (name, seed) to its training; `queue` brings (name, Epoch)."""
        self.title, self.jobs, self.queue = title, jobs, queue
        self.bars = {}
        where = "GPU" if device == "cuda" else f"CPU, {processes} en paralelo"
        self._say(f"{title}: por entrenar, {len(jobs)} ({where})")
        for name, epoch, epochs in self._stopped():
            self._say(f"{title} · {name} · continúa tras la época {epoch}/{epochs}")
        self.thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self):
        """Start to listen."""
        self.thread.start()
        return self

    def __exit__(self, *exception):
        """Show what is still on its way, then stop."""
        self.queue.put(None)
        self.thread.join()
        for bar in self.bars.values():
            bar.close()

    def interrupted(self) -> None:
        """Say, after Ctrl-C, what was kept and how to go on."""
        done = sum(store.find(job) is not None for job in self.jobs.values())
        lines = [f"Interrumpido. Terminados y guardados: {done} de {len(self.jobs)}."]
        lines += [
            f"{name}: guardado hasta la época {epoch} de {epochs}."
            for name, epoch, epochs in self._stopped()
        ]
        lines.append("La misma celda, o la misma orden, continúa desde ahí.")
        self._say("\n".join(lines))

    def _stopped(self) -> list[tuple[str, int, int]]:
        """Name, last epoch and number of epochs of what was stopped on its way."""
        stopped = []
        for (name, seed), job in self.jobs.items():
            if epochs := store.checkpoint(job.key).epochs():
                name = f"{name}, semilla {seed}"
                stopped.append((name, len(epochs), job.recipe.epochs))
        return stopped

    def _listen(self) -> None:
        while (message := self.queue.get()) is not None:
            (name, seed), epoch = message
            show = self._bar if is_interactive() else self._line
            show(f"{name}, semilla {seed}", self.jobs[name, seed].recipe.epochs, epoch)

    def _line(self, name: str, epochs: int, epoch: Epoch) -> None:
        self._say(
            f"{self.title} · {name} · época {epoch.epoch}/{epochs}"
            f" · error de predicción {percent(epoch.test_error)}"
            f" · {epoch.seconds:.1f} s"
        )

    def _bar(self, name: str, epochs: int, epoch: Epoch) -> None:
        if name not in self.bars:
            self.bars[name] = tqdm(total=epochs, desc=name, unit="época")
        self.bars[name].set_postfix_str(f"error {percent(epoch.test_error)}", False)
        self.bars[name].update(epoch.epoch - self.bars[name].n)

    @staticmethod
    def _say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)
