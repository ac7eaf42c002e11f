"""Progress of trainings: one line, which changes for a person who watches."""

import threading
import time
from multiprocessing.queues import Queue
from typing import NamedTuple

from tqdm.auto import tqdm

from helpers.console import is_interactive, tell
from helpers.numbers import percent
from helpers.runs import store
from helpers.runs.plan import Question
from helpers.training import Epoch

BAR = "{bar} {desc}"  # without a width, which a notebook's own bar does not take
PAUSE = 60.0  # seconds between two lines where nobody watches


class Name(NamedTuple):
    """Names a training on the screen."""

    title: str  # of the data set
    plan: str
    seed: int

    def __str__(self) -> str:
        return f"{self.title}, {self.plan}, semilla {self.seed}"


class Progress:
    """Shows, on stderr, the epochs that processes report through a queue."""

    verbose = False  # whether each epoch has a line

    def __init__(self, trainings: dict[Name, Question], queue: Queue, where: str):
        """`queue` brings pairs (Name, Epoch); `where` says what trains."""
        self.trainings, self.queue, self.where = trainings, queue, where
        self.thread = threading.Thread(target=self._listen, daemon=True)
        stopped = self._stopped()
        self.epochs = {name: kept for name, kept, _ in stopped}
        self.bar, self.told = None, time.monotonic()
        tell(self.heading())
        for name, kept, epochs in stopped:
            tell(f"{name} · continúa tras la época {kept}/{epochs}")
        if is_interactive() and not self.verbose:
            epochs = sum(q.recipe.epochs for q in trainings.values())
            done = sum(self.epochs.values())
            self.bar = tqdm(total=epochs, initial=done, bar_format=BAR)

    def heading(self) -> str:
        """What is trained, and where."""
        return f"Por entrenar: {len(self.trainings)} ({self.where})"

    def left(self) -> str:
        """How much time is left; nothing where it is not known."""
        return ""

    def __enter__(self):
        """Start to listen."""
        self.thread.start()
        return self

    def __exit__(self, *exception):
        """Show what is still on its way, then stop."""
        self.queue.put(None)
        self.thread.join()
        if self.bar is not None:
            self.bar.close()

    def interrupted(self) -> None:
        """Say, after Ctrl-C, what was kept and how to go on."""
        done = sum(store.find(q) is not None for q in self.trainings.values())
        of = len(self.trainings)
        lines = [f"Interrumpido. Terminados y guardados: {done} de {of}."]
        lines += [
            f"{name}: guardado hasta la época {epoch} de {epochs}."
            for name, epoch, epochs in self._stopped()
        ]
        lines.append("La misma celda, o la misma orden, continúa desde ahí.")
        tell("\n".join(lines))

    def _stopped(self) -> list[tuple[Name, int, int]]:
        """Name, last stored epoch and number of epochs of each stopped training."""
        stopped = []
        for name, question in self.trainings.items():
            if history := store.checkpoint(question.key).history():
                stopped.append((name, len(history), question.recipe.epochs))
        return stopped

    def _listen(self) -> None:
        while (message := self.queue.get()) is not None:
            self.show(*message)

    def show(self, name: Name, epoch: Epoch | None) -> None:
        """Move the bar; if there is none, write a line now and then, and the last.

        A training that diverged has no `epoch`, and comes to no other.
        """
        of = {name: q.recipe.epochs for name, q in self.trainings.items()}
        self.epochs[name] = epoch.epoch if epoch else of[name]
        done = sum(epoch == of[name] for name, epoch in self.epochs.items())
        parts = [f"{done}/{len(of)}", self.left() if done < len(of) else "", str(name)]
        if not epoch:
            parts.append("diverge")
        elif self.verbose:
            parts += [f"época {epoch.epoch}/{of[name]}"]
            parts += [f"error de predicción {percent(epoch.test_error, None)}"]
        status = " · ".join(filter(None, parts))
        if self.bar is not None:
            self.bar.set_description_str(status, refresh=False)
            self.bar.update()
        elif self.verbose or done == len(of) or time.monotonic() - self.told >= PAUSE:
            self.told = time.monotonic()
            tell(status)
