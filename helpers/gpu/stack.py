"""Steps of several networks at once, with stacked weights; in CUDA graphs on a GPU.

Each network learns what it would learn alone from the same batches, up to rounding. A
graph is used only if its first steps do what single ones do.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, unfold

from helpers import training
from helpers.console import tell
from helpers.datasets import Split
from helpers.models import scale
from helpers.training import Recipe

GRAPH, GRAPHED = 25, ("cuda",)  # steps in a graph; devices that have graphs


class Stack(training.PlainLoop):
    """The textbook's loop for S networks as one, with weights (S, *shape)."""

    def __init__(self, models: list[nn.Module], train: Split, recipe: Recipe):
        """Bind the loop to copies of the models' weights, on their device."""
        same = [*zip(*(model.parameters() for model in models), strict=True)]
        self.layers, self.device = models[0], same[0][0].device
        weights = nn.ParameterList(map(torch.stack, same))
        super().__init__(weights, train.to(self.device), recipe)
        for group in self.optimizer.param_groups:
            if "capturable" in group:
                group["capturable"] = self.device.type == "cuda"
        # torch would warn of steps outside a graph, which are meant
        self.optimizer._warned_capturable_if_run_uncaptured = True
        graphs = self.device.type in GRAPHED
        self.many = self.compare if graphs else self.steps  # what takes GRAPH steps
        self.how = f"without CUDA graphs: {'too few steps' if graphs else 'on a CPU'}"

    def epoch(self, order: Tensor) -> tuple[Tensor, Tensor]:
        """Take an epoch's steps on images `order` (S, N): losses, errors (steps, S)."""
        whole = GRAPH * self.recipe.batch_size
        found = [
            self.many(rows) if rows.shape[1] == whole else self.steps(rows)
            for rows in order.to(self.device).split(whole, 1)
        ]
        return torch.cat(found).double().cpu().unbind(1)

    def steps(self, rows: Tensor) -> Tensor:
        """Take a step for each batch of `rows` (S, N): losses, errors (steps, 2, S)."""
        return torch.stack([*map(self.step, rows.split(self.recipe.batch_size, 1))])

    def step(self, rows: Tensor) -> Tensor:
        """Learn from images `rows` (S, B); give losses and errors before it, (2, S)."""
        images, labels = scale(self.train.images[rows]), self.train.labels[rows]
        logits = self.forward(images)  # (S, B, K)
        losses = self.losses(logits, labels)
        self.optimizer.zero_grad()
        losses.sum().backward()  # each network's gradient is that of its own loss
        self.optimizer.step()
        errors = (logits.detach().argmax(2) != labels).sum(1)
        return torch.stack([losses.detach(), errors])

    def forward(self, x: Tensor) -> Tensor:
        """Logits (S, B, K) of images (S, B, C, H, W)."""
        weights = iter(self.model)
        for layer in self.layers:
            if isinstance(layer, nn.Linear):  # so ordered, no gradient is transposed
                weight, bias = next(weights), next(weights)
                x = torch.baddbmm(bias[..., None], weight, x.mT).mT
            elif isinstance(layer, nn.Conv2d):
                height = x.shape[3] - layer.kernel_size[0] + 1
                # as one image of many channels: a GPU unfolds image after image
                columns = unfold(x.flatten(0, 2)[None], layer.kernel_size)
                columns = columns.view(*x.shape[:2], -1, columns.shape[-1])
                x = next(weights).flatten(2)[:, None] @ columns
                x = (x + next(weights)[:, None, :, None]).unflatten(3, (height, -1))
            else:
                x = layer(x.flatten(0, 1)).unflatten(0, x.shape[:2])
        return x

    def losses(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Each network's loss, (S,), of logits (S, B, K) and labels (S, B)."""
        if self.recipe.loss != "cross_entropy":
            return torch.stack([*map(self.loss_of, logits, labels)])
        weight = self.loss_of.weight
        each = cross_entropy(logits.mT, labels, weight, reduction="none")  # (S, B)
        return each.mean(1) if weight is None else each.sum(1) / weight[labels].sum(1)

    def compare(self, rows: Tensor) -> Tensor:
        """Take GRAPH steps; let a graph take those to come if it does the same."""
        before, found, after = self.state(), self.steps(rows), self.state()
        before += [torch.zeros_like(t) for t in after[len(before) :]]  # as torch starts
        static = torch.zeros_like(rows)  # not `rows`: a graph must read what comes

        def many(rows: Tensor) -> Tensor:
            static.copy_(rows)
            replay()
            return filled.clone()

        try:
            replay, filled = _captured(self.steps, static)
            self.state(before)
            losses = many(rows)[:, 0]
            ways = [*zip(self.state(), after, before, strict=True)]
            ways.append((losses, found[:, 0], 0))
            # even one step of 25 is far more than a thousandth of the way
            if not all((a - b).norm() <= 1e-3 * (b - c).norm() for a, b, c in ways):
                raise RuntimeError("a graph did not do what eager steps do")
            self.many, self.how = many, "in CUDA graphs"
        except Exception as error:  # whatever it is, eager steps do without
            why = str(error).partition("\n")[0]
            self.many, self.how = self.steps, f"without CUDA graphs: {why}"
            tell(f"training goes on {self.how}")
        self.state(after)
        return found

    def state(self, new: list[Tensor] | None = None) -> list[Tensor]:
        """Copies of weights and optimizer state, once `new`, if given, is in place."""
        slots = [t for state in self.optimizer.state.values() for t in state.values()]
        kept = [t.detach() for t in (*self.model, *slots) if isinstance(t, Tensor)]
        # on the CPU is Adagrad's count of steps, which nothing is computed from
        kept = [t for t in kept if t.device == self.device]
        for tensor, value in zip(kept, new or (), strict=new is not None):
            tensor.copy_(value)
        return [tensor.clone() for tensor in kept]


def _captured(steps: Callable, rows: Tensor) -> tuple[Callable, Tensor]:
    """Capture `steps` on images `rows` (S, N); give its replay and what that fills.

    As in "Whole-network capture" of PyTorch's notes on CUDA semantics. What warms up
    changes the weights.
    """
    graph, side = torch.cuda.CUDAGraph(), torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    try:
        with torch.cuda.stream(side):
            steps(rows)
            with torch.cuda.graph(graph, stream=side):
                filled = steps(rows)
    finally:
        torch.cuda.current_stream().wait_stream(side)
    return graph.replay, filled
