import re

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from helpers import models
from informe.numbers import integer
from informe.report import cost, results
from informe.report.cost import flops
from tests.support.runs import run


@pytest.mark.parametrize("network", models.NETWORKS)
def test_operations_are_those_that_torch_counts(network):
    options = {"width": 100} if network == "dense" else {}
    model = models.build(network, **options)
    shape = (1, 28, 28) if "hidden" in network else (3, 32, 32)
    images = torch.zeros(1, *shape, dtype=torch.uint8)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(models.scale(images))
    assert flops(model, images) == counter.get_total_flops()


def test_pareto_has_a_panel_a_cost_and_a_point_a_seed():
    costs = {"s": {"a": 1.0, "b": 20.0}, "bytes": {"a": 5, "b": 7}}
    accuracy = {"a": np.array([0.5, 0.6]), "b": np.array([0.7])}
    panels = cost.plot_pareto(costs, accuracy).get_figure().axes
    assert [ax.get_xlabel() for ax in panels] == ["s", "bytes"]
    assert panels[0].lines[0].get_ydata().tolist() == [0.5, 0.6]
    assert panels[0].lines[1].get_xdata().tolist() == [20.0]


def test_the_sentence_says_what_more_operations_buy(tmp_path, mnist):
    labels = mnist.test.labels
    good, bad = run(tmp_path / "a", labels, 0.8), run(tmp_path / "b", labels, 0.5)
    for a, b, then in [(20_000, 100, ["A", "30.0", "B"]), (100, 20_000, ["A"])]:
        text = cost.pareto({"A": [good], "B": [bad]}, {"A": a, "B": b})
        told = re.findall(r"\b[AB]\b|−?\d[\d.\u202f]*\d", text)
        assert told == [integer(a), "A", integer(b), "B", *then]


def test_operations_that_buy_nothing(tmp_path, mnist):
    one, other = (run(tmp_path / k, mnist.test.labels, 0.8) for k in "ab")
    for operations in ({"A": 20_000, "B": 100}, {"A": 100, "B": 20_000}):
        text = cost.pareto({"A": [one], "B": [other]}, operations)
        assert text.endswith(f", {min(operations, key=operations.get)}.")
        assert "Ninguna" in text and "0.0" not in text


def test_gallery_holds_the_most_confused_pair_and_the_surest_errors(tmp_path, mnist):
    made = run(tmp_path / "a", mnist.test.labels, 0.5)
    images, titles = results.gallery(made, mnist, 1, 4)
    assert len(images) == len(titles) == 8
    true, predicted = titles[0].split("→")
    counts = made.confusion
    errors = counts - np.diag(np.diag(counts))
    assert counts[int(true), int(predicted)] == errors.max()
