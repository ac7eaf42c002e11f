"""A network as a chain of the layers that the page computes, whoever wrote it.

What it does to two images is watched operation by operation: a layer, and the same as
a function or a method, are one; what is idle once it has learnt, as dropout, is absent.
"""

from types import SimpleNamespace

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from helpers.models import count_parameters, scale
from helpers.runs import Run
from helpers.runs.definition import Unknown
from informe.explore.pack import array
from informe.explore.stored import data_of
from informe.numbers import integer

LARGEST = 1_000_000  # parameters: 5 MB of a page
CURVES = {"relu": "ReLU", "elu": "ELU", "tanh": "Tanh", "sigmoid": "Sigmoid"}
CURVES |= {"_log_softmax": "LogSoftmax"}
POOLS = {"max_pool2d_with_indices": "MaxPool2d", "avg_pool2d": "AvgPool2d"}
SAME = {"view", "_unsafe_view", "squeeze", "unsqueeze", "clone", "alias", "detach"}
AFFINE = {"add", "sub", "rsub", "mul", "div", "neg", "native_batch_norm"}
AFFINE |= {"_native_batch_norm_legit_no_training"}


def computed(run: Run) -> list[dict]:
    """The layers of a run's network. Raises ValueError that says what prevents it."""
    try:
        model = run.model()
    except Unknown:
        words = "su definición no es la de cuando se entrenó o no está en este cuaderno"
        raise ValueError(words) from None
    return layers_of(model, data_of(run).test.images)


def layers_of(model: nn.Module, images: Tensor) -> list[dict]:
    """Describe a network, layer by layer, by what it does to images (N, C, H, W).

    Raises ValueError that says what the page cannot compute. The model gets hooks.
    """
    if (n := count_parameters(model)) > LARGEST:
        raise ValueError(f"sus {integer(n)} parámetros no caben en una página")
    if images.shape[1] not in (1, 3):
        raise ValueError(f"la página no tiene imágenes de {images.shape[1]} canales")
    chain = _Chain(model.eval(), scale(images[[0, -1]]))
    try:
        with torch.no_grad(), chain:
            found = model(chain.seen[0])
    except ValueError:
        raise
    except Exception as error:  # whatever a network's own code raises
        raise chain.fault(f"una red que falla: {error}") from error
    if found is not chain.seen[-1]:
        raise chain.fault("lo que no es una cadena de capas")
    return chain.layers


class _Chain(TorchDispatchMode):
    """Notes down in `layers` what happens to images, the first of `seen`."""

    def __init__(self, model: nn.Module, images: Tensor):
        super().__init__()
        self.layers: list[dict] = []
        self.seen = [images]
        self.path: list[tuple] = []  # names of the modules at work, and they
        for about in model.named_modules():
            if isinstance(about[1], torch.jit.ScriptModule):
                continue  # takes no hooks
            about[1].register_forward_pre_hook(lambda *_, m=about: self.path.append(m))
            about[1].register_forward_hook(lambda *_: self.path.__delitem__(-1))

    def fault(self, what: str) -> ValueError:
        """An error that names the layer at work or, between layers, says `what`."""
        name, layer = self.path[-1] if self.path else ("", None)
        what = f"la capa «{name}», {layer!r:.60}" if name else what
        return ValueError(f"la página no puede calcular {what}")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        leaves, x = tree_leaves((args, kwargs)), self.seen[-1]
        used = [leaf for leaf in leaves if any(leaf is one for one in self.seen)]
        if used:
            made = out[0] if isinstance(out, tuple) else out
            given = {a.name: a.default_value for a in func._schema.arguments}
            given |= dict(zip(given, args, strict=False)) | (kwargs or {})
            is_next = len(used) == 1 and used[0] is x
            layers = _layers(func, given, x, made) if is_next else None
            if layers is None:
                raise self.fault(f"la operación «{func._schema.name[6:]}»")
            self.layers += layers
            self.seen.append(made)
        return out


def _layers(func, given: dict, x: Tensor, made: Tensor) -> list[dict] | None:
    """Describe an operation on `x`, which may do nothing; None if the page has none."""
    name = func._schema.name.removeprefix("aten::").rstrip("_")
    o, flat = SimpleNamespace(**given), {"kind": "Flatten"}
    match name:
        case "convolution" if x.dim() == 4 and o.groups == 1 and not o.transposed:
            step, edge, gaps = map(_one, (o.stride, o.padding, o.dilation))
            if None not in (step, edge, _one(o.weight.shape[2:])) and gaps == 1:
                about = {"kind": "Conv2d", "stride": step, "padding": edge}
                return [about | _weights(o.weight, o.bias)]
        case "addmm" if o.mat1 is x and o.alpha == o.beta == 1:
            return [{"kind": "Linear"} | _weights(o.mat2.t(), o.self)]
        case "mm" if o.self is x:
            return [{"kind": "Linear"} | _weights(o.mat2.t(), None)]
        case "max_pool2d_with_indices" | "avg_pool2d":
            size, step = _one(o.kernel_size), _one(o.stride or o.kernel_size)
            odd = o.ceil_mode or given.get("divisor_override") or _one(o.padding) != 0
            odd = odd or _one(given.get("dilation", 1)) != 1
            if not odd and None not in (size, step):
                return [{"kind": POOLS[name], "size": size, "stride": step}]
        case "mean" if x.dim() == 4 and {d % 4 for d in given.get("dim") or ()} == {
            2,
            3,
        }:
            if side := _one(x.shape[2:]):
                pool = {"kind": "AvgPool2d", "size": side, "stride": side}
                return [pool] if o.keepdim else [pool, flat]
        case "elu" if {o.alpha, o.scale, o.input_scale} != {1}:
            return None
        case "_log_softmax" if x.dim() != 2:
            return None
        case _ if name in CURVES:
            return [{"kind": CURVES[name]}]
        case _ if name in SAME and made.numel() == x.numel() and len(made) == len(x):
            if made.dim() < 4:
                return [flat] if x.dim() == 4 else []
            return [] if made.shape == x.shape else None
        case _ if name in AFFINE and made.shape == x.shape:
            return _scale(func, given, x)
    return None


def _scale(func, given: dict, x: Tensor) -> list[dict] | None:
    """Describe an operation that multiplies and adds, by what becomes of 0 and of 1."""
    ends = []
    for n in (0, 1):
        put = {k: torch.full_like(x, n) if v is x else v for k, v in given.items()}
        made = func(**put)
        made = made[0] if isinstance(made, tuple) else made
        ends.append(made[0].reshape(x.shape[1], -1))  # (C, numbers of a channel)
    both = torch.stack([ends[1] - ends[0], ends[0]])
    if torch.allclose(both, both[..., :1].expand_as(both)):
        both = both[..., :1]
    weight, bias = both.flatten(1)
    finite = both.isfinite().all()
    return [{"kind": "Scale"} | _weights(weight, bias)] if finite else None


def _weights(weight: Tensor, bias: Tensor | None) -> dict:
    bias = weight.new_zeros(len(weight)) if bias is None else bias
    return {"weight": array(weight.numpy()), "bias": array(bias.numpy())}


def _one(sizes) -> int | None:
    """The size that all dimensions have, if it is one."""
    found = {sizes} if isinstance(sizes, int) else {*sizes}
    return found.pop() if len(found) == 1 else None
