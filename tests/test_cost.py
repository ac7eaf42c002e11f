import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from helpers import models
from helpers.report.cost import flops


@pytest.mark.parametrize("network", models.NETWORKS)
def test_operations_are_those_that_torch_counts(network):
    options = {"width": 100} if network == "dense" else {}
    model = models.build(network, **options)
    shape = (1, 28, 28) if "hidden" in network else (3, 32, 32)
    images = torch.zeros(1, *shape, dtype=torch.uint8)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(models.scale(images))
    assert flops(model, images) == counter.get_total_flops()
