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

    papermill and nbconvert run a notebook without anybody: they start the kernel with
    its history in memory, which no front end does (a lab's own settings may).
    """
    if get_ipython() is None:
        return sys.stderr.isatty()
    return "--HistoryManager.hist_file=:memory:" not in sys.argv


class Progress:
    """Shows, on stderr, the epochs that processes report through a queue."""

    def __init__(self, title, jobs: dict[tuple, Training], queue, device, processes):
        """`jobs` maps (name, seed) to its training; `queue` brings (name, Epoch)."""
        self.title, self.jobs, self.queue = title, jobs, queue
        self.thread = threading.Thread(target=self._listen, daemon=True)
        where = "GPU" if device == "cuda" else f"CPU, {processes} en paralelo"
        epochs = sum(job.recipe.epochs for job in jobs.values())
        stopped = self._stopped()
        self.bars = {}
        if is_interactive():
            self.show = self._bar
            self.bars[None] = tqdm(
                total=epochs,
                initial=sum(kept for _, kept, _ in stopped),
                desc=f"{title} ({where})",
                unit="época",
            )
        else:
            self.show = self._line
            self._say(f"{title}: por entrenar, {len(jobs)} ({where})")
            for name, kept, epochs in stopped:
                self._say(f"{title} · {name} · continúa tras la época {kept}/{epochs}")

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
            self.show(*message)

    def _line(self, name: tuple, epoch: Epoch) -> None:
        self._say(
            f"{self.title} · {name[0]}, semilla {name[1]}"
            f" · época {epoch.epoch}/{self.jobs[name].recipe.epochs}"
            f" · error de predicción {percent(epoch.test_error)}"
            f" · {epoch.seconds:.1f} s"
        )

    def _bar(self, name: tuple, epoch: Epoch) -> None:
        if name not in self.bars:
            text = f"{name[0]}, semilla {name[1]}"
            epochs = self.jobs[name].recipe.epochs
            before = epoch.epoch - 1  # of a training that was stopped
            self.bars[name] = tqdm(
                total=epochs, initial=before, desc=text, unit="época"
            )
        self.bars[name].set_postfix_str(f"error {percent(epoch.test_error)}", False)
        for bar in (self.bars[name], self.bars[None]):
            bar.update()

    @staticmethod
    def _say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)
