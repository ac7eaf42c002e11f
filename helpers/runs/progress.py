"""Progress of trainings: bars for a person, one line per epoch if nobody watches."""

import threading
from multiprocessing.queues import Queue

from tqdm.auto import tqdm

from helpers.console import is_interactive, tell
from helpers.numbers import percent
from helpers.runs import store
from helpers.runs.plan import Question
from helpers.training import Epoch

Name = tuple[str, int]  # names a training on the screen: its plan's name and its seed


class Progress:
    """Shows, on stderr, the epochs that processes report through a queue."""

    def __init__(
        self,
        title: str,
        trainings: dict[Name, Question],
        queue: Queue,
        device: str,
        processes: int,
    ):
        """`title` names the data set; `queue` brings pairs (Name, Epoch)."""
        self.title, self.trainings, self.queue = title, trainings, queue
        self.thread = threading.Thread(target=self._listen, daemon=True)
        where = "GPU" if device == "cuda" else f"CPU, {processes} en paralelo"
        stopped = self._stopped()
        self.bars = {}
        if is_interactive():
            self.show = self._bar
            self.bars[None] = tqdm(
                total=sum(q.recipe.epochs for q in trainings.values()),
                initial=sum(kept for _, kept, _ in stopped),
                desc=f"{title} ({where})",
                unit="época",
            )
        else:
            self.show = self._line
            tell(f"{title}: por entrenar, {len(trainings)} ({where})")
            for name, kept, epochs in stopped:
                tell(f"{title} · {name} · continúa tras la época {kept}/{epochs}")

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

    def _stopped(self) -> list[tuple[str, int, int]]:
        """Name, last stored epoch and number of epochs of each stopped training."""
        stopped = []
        for (plan, seed), question in self.trainings.items():
            if history := store.checkpoint(question.key).history():
                name = f"{plan}, semilla {seed}"
                stopped.append((name, len(history), question.recipe.epochs))
        return stopped

    def _listen(self) -> None:
        while (message := self.queue.get()) is not None:
            self.show(*message)

    def _line(self, name: Name, epoch: Epoch) -> None:
        plan, seed = name
        tell(
            f"{self.title} · {plan}, semilla {seed}"
            f" · época {epoch.epoch}/{self.trainings[name].recipe.epochs}"
            f" · error de predicción {percent(epoch.test_error, None)}"
            f" · {epoch.seconds:.1f} s"
        )

    def _bar(self, name: Name, epoch: Epoch) -> None:
        if name not in self.bars:
            plan, seed = name
            self.bars[name] = tqdm(
                total=self.trainings[name].recipe.epochs,
                initial=epoch.epoch - 1,  # a stopped training starts later
                desc=f"{plan}, semilla {seed}",
                unit="época",
            )
        self.bars[name].set_postfix_str(
            f"error {percent(epoch.test_error, None)}", False
        )
        for bar in (self.bars[name], self.bars[None]):
            bar.update()
