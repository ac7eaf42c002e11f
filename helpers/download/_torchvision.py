"""Import of torchvision that also works next to a CPU build of torch.

The package index offers torchvision for CUDA only. With a CPU build of torch, its
binary cannot be loaded, so the operators ``nms`` and ``qnms`` do not exist and the
import fails when it registers fake versions of them. Declaring their schema is enough,
since data sets and transforms do not use them.
"""

import torch

try:
    import torchvision
except RuntimeError as error:
    if "torchvision::nms" not in str(error):
        raise
    _SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    # Kept in a module variable: the operators vanish with the Library object.
    _LIBRARY = torch.library.Library("torchvision", "DEF")
    _LIBRARY.define("nms" + _SIGNATURE)
    _LIBRARY.define("qnms" + _SIGNATURE)
    import torchvision

__all__ = ["torchvision"]
