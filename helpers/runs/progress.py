"""Progress of trainings: bars for a person, one line per epoch if nobody watches."""

import threading
from multiprocessing.queues import Queue
from typing import NamedTuple

from tqdm.auto import tqdm

from helpers.console import is_interactive, tell
from helpers.numbers import percent
from helpers.runs import store
from helpers.runs.plan import Question
from helpers.training import Epoch


class Name(NamedTuple):
    """Names a training on the screen."""

    title: str  # of the data set
    plan: str
    seed: int

    def __str__(self) -> str:
        return f"{self.title} · {self.plan}, semilla {self.seed}"


class Progress:
    """Shows, on stderr, the epochs that processes report through a queue."""

    def __init__(self, trainings: dict[Name, Question], queue: Queue, where: str):
        """`queue` brings pairs (Name, Epoch); `where` says what trains."""
        self.trainings, self.queue, self.where = trainings, queue, where
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.stopped, self.bars = self._stopped(), {}
        if is_interactive():
            self.open_bar()
        else:
            tell(self.heading())
            for name, kept, epochs in self.stopped:
                tell(f"{name} · continúa tras la época {kept}/{epochs}")

    def heading(self) -> str:
        """What is trained, and where."""
        return f"Por entrenar: {len(self.trainings)} ({self.where})"

    def open_bar(self) -> None:
        """Show the bar of all epochs."""
        self.bars[None] = tqdm(
            total=sum(q.recipe.epochs for q in self.trainings.values()),
            initial=sum(kept for _, kept, _ in self.stopped),
            desc=self.where,
            unit="época",
        )

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
            if is_interactive():
                self.move_bar(*message)
            else:
                self.write_line(*message)

    def write_line(self, name: Name, epoch: Epoch) -> None:
        """Say how an epoch ended."""
        of = self.trainings[name].recipe.epochs
        error = percent(epoch.test_error, None)
        tell(
            f"{name} · época {epoch.epoch}/{of} · error de predicción {error}"
            f" · {epoch.seconds:.1f} s"
        )

    def move_bar(self, name: Name, epoch: Epoch) -> None:
        """Show an epoch in the bar of its training and in that of all."""
        if name not in self.bars:
            self.bars[name] = tqdm(
                total=self.trainings[name].recipe.epochs,
                initial=epoch.epoch - 1,  # a stopped training starts later
                desc=f"{name}",
                unit="época",
            )
        error = percent(epoch.test_error, None)
        self.bars[name].set_postfix_str(f"error {error}", False)
        for bar in (self.bars[name], self.bars[None]):
            bar.update()
