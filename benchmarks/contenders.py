"""The contenders: ways to train, each timed in a process of its own.

    python -m benchmarks.contenders NAME NETWORK BATCHES [SEED [WIDTH]]

trains an epoch to warm up, writes a line, waits for a line, trains the epoch that
counts, and writes its start, its end and the process' peak memory as JSON. All have the
same data and the same network, and torch may use all cores. Ours uses one thread; as in
the report, as many of its trainings run at once as there are cores.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import torch
from torch.utils.data import DataLoader, Dataset, TensorDataset

from benchmarks.tasks import Task

Times = tuple[float, float]  # start and end in seconds, on a clock that processes share


def ours(task: Task, wait: Callable[[], None]) -> Times:
    """`helpers.training.fit`."""
    from dataclasses import replace

    from helpers.training import fit

    start = []

    def on_epoch(epoch):
        if epoch.epoch == 1:
            wait()
            start.append(time.monotonic())

    recipe = replace(task.recipe, epochs=2)
    result = fit(task.model(), task.data, recipe, seed=task.seed, on_epoch=on_epoch)
    return start[0], start[0] + float(result.history.seconds[1])


class Pictures(Dataset):
    """Images as torchvision's data sets give them: a PIL image through ToTensor."""

    def __init__(self, task: Task):
        from PIL import Image

        from helpers.download._torchvision import torchvision

        self.picture = Image.fromarray
        self.transform = torchvision.transforms.ToTensor()
        images = task.data.train.images
        self.images = images.permute(0, 2, 3, 1).squeeze(3).contiguous().numpy()
        self.labels = task.data.train.labels.tolist()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return self.transform(self.picture(self.images[i])), self.labels[i]


def original(task: Task, wait) -> Times:
    """PIL images, ToTensor, DataLoader, the default optimizer: the original way."""
    return _torch_loop(task, Pictures(task), wait)


def tensors(task: Task, wait) -> Times:
    """Tensors in a DataLoader and the default optimizer, as tutorials do."""
    return _torch_loop(task, TensorDataset(*task.tensors), wait)


def _torch_loop(task: Task, dataset: Dataset, wait) -> Times:
    model, loss_of = task.model(), task.loss()
    optimizer = task.optimizer(model)
    loader = DataLoader(dataset, task.recipe.batch_size, shuffle=True)

    def epoch():
        for x, y in loader:
            optimizer.zero_grad()
            loss_of(model(x), y).backward()
            optimizer.step()

    return _second(epoch, wait)


def skorch(task: Task, wait) -> Times:
    """skorch's NeuralNetClassifier."""
    from skorch import NeuralNetClassifier

    net = NeuralNetClassifier(
        task.model(),
        criterion=task.loss(),
        optimizer=type(task.optimizer(task.model())),
        lr=task.recipe.learning_rate,
        batch_size=task.recipe.batch_size,
        max_epochs=1,
        train_split=None,
        iterator_train__shuffle=True,
        verbose=0,
    ).initialize()
    return _second(lambda: net.partial_fit(*task.tensors), wait)


def lightning(task: Task, wait) -> Times:
    """Lightning's Trainer without logger, checkpoints or progress bar."""
    import_module(
        "helpers.download._torchvision"
    )  # before Lightning, which imports torchvision itself
    import lightning

    times = []

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model, self.loss_of = task.model(), task.loss()

        def training_step(self, batch, _):
            return self.loss_of(self.model(batch[0]), batch[1])

        def configure_optimizers(self):
            return task.optimizer(self.model)

        def on_train_epoch_start(self):
            if self.current_epoch == 1:
                wait()
            times.append(time.monotonic())

        def on_train_epoch_end(self):
            times.append(time.monotonic())

    off = ("logger", "enable_checkpointing", "enable_progress_bar")
    silent = dict.fromkeys((*off, "enable_model_summary"), False)
    trainer = lightning.Trainer(max_epochs=2, accelerator="cpu", **silent)
    data = TensorDataset(*task.tensors)
    trainer.fit(Module(), DataLoader(data, task.recipe.batch_size, shuffle=True))
    return times[2], times[3]


def keras(task: Task, wait) -> Times:
    """Keras on JAX, which compiles the step."""
    os.environ["KERAS_BACKEND"] = "jax"
    import keras

    images, labels = (t.numpy() for t in task.tensors)
    images = images.transpose(0, 2, 3, 1).copy()
    model = keras.Sequential([keras.Input(images.shape[1:]), *_keras_layers(task)])
    optimizer = getattr(keras.optimizers, type(task.optimizer(task.model())).__name__)
    model.compile(
        optimizer(task.recipe.learning_rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    costs = task.recipe.class_weights
    options = {
        "batch_size": task.recipe.batch_size,
        "class_weight": costs and dict(enumerate(costs)),
        "verbose": 0,
    }
    return _second(lambda: model.fit(images, labels, **options), wait)


def _keras_layers(task: Task):
    """The network's layers, in Keras' words."""
    from keras import layers

    for module in task.model():
        name = type(module).__name__
        if name == "Conv2d":
            yield layers.Conv2D(module.out_channels, module.kernel_size)
        elif name == "Linear":
            yield layers.Dense(module.out_features)
        elif name == "MaxPool2d":
            yield layers.MaxPooling2D(module.kernel_size)
        elif name == "Flatten":
            yield layers.Flatten()
        else:
            yield layers.Activation(name.lower())


def _second(epoch: Callable[[], None], wait) -> Times:
    """Time the second of two epochs."""
    epoch()
    wait()
    start = time.monotonic()
    epoch()
    return start, time.monotonic()


CONTENDERS = {
    f.__name__: f for f in (original, tensors, skorch, lightning, keras, ours)
}


def main(name: str, network: str, *numbers: str) -> None:
    """Run one contender, as the module says."""
    from helpers.machine import cores

    torch.set_num_threads(cores())
    task = Task(network, *map(int, numbers))
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever a library prints goes to stderr

    def wait():
        out.write("ready\n")
        sys.stdin.readline()

    start, end = CONTENDERS[name](task, wait)
    out.write(json.dumps({"start": start, "end": end, "peak": _peak()}) + "\n")


def _peak() -> int:
    """Most bytes this process had in memory (getrusage would count its parent's)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return int(lines["VmHWM"].split()[0]) * 1024


if __name__ == "__main__":
    main(*sys.argv[1:])
