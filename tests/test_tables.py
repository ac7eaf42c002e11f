import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.metrics import classification_report
from statsmodels.stats.proportion import proportion_confint
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from helpers import models
from helpers.models import VARIANTS, build
from helpers.uncertainty import Estimate, Paired
from informe.figures.seconds import EqualTime
from informe.report import tables
from informe.report.display import pipe_table
from tests.support.measured import LABELS, recipe

DIGITS = tuple("0123456789")
MCNEMAR = Paired(50_000, 20, 7, 3, 0.02, 0.1, 0.05, 0.15)


def test_layers_with_shapes_and_parameters(mnist):
    network = build("one_hidden", **VARIANTS["original"])
    table = tables.layers(network, mnist.train.images[:1])
    assert table["salida"].tolist()[:3] == ["1 × 28 × 28", "1 × 25 × 25", "625"]
    assert table["parámetros"].tolist() == ["", "17", "0", "6260", "0", "6277"]
    assert table.index[1] == "`Conv2d(1, 1, (4, 4))`"


class Own(nn.Module):
    """Not a chain: a layer used twice, a function between, a norm."""

    def __init__(self):
        super().__init__()
        self.same = nn.Conv2d(1, 1, 3, padding=1)
        self.head = nn.Sequential(nn.Flatten(), nn.BatchNorm1d(784), nn.Linear(784, 3))

    def forward(self, x):
        """Logits."""
        return self.head(torch.relu(self.same(self.same(x))))


def test_layers_and_operations_of_any_module(mnist):
    table = tables.layers(Own(), mnist.train.images[:1])
    assert table["salida"].tolist()[1:-1] == ["1 × 28 × 28"] * 2 + ["784", "784", "3"]
    assert table["parámetros"].tolist()[-2:] == ["2355", "3933"]
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        Own().eval()(models.scale(mnist.train.images[:1]))
    found = tables.operations(Own(), mnist.train.images)
    assert found == counter.get_total_flops()


def test_per_class_of_one_seed_is_scikit_learns_report_with_wilsons_interval():
    one = recipe([0.8])
    table = tables.per_class(one, DIGITS, with_original=True)
    expected = classification_report(LABELS, one.predictions[0], output_dict=True)
    for k, digit in enumerate(DIGITS):
        right, report = one.counts[0, k, k], expected[digit]
        low, high = proportion_confint(right, 100, method="wilson")
        cell = f"{report['recall']:.2f} [{low:.2f}, {high:.2f}]"
        assert table.loc[digit, "exhaustividad [IC 95\u202f%]"] == cell
        cell = table.loc[digit, "precisión [IC 95\u202f%]"]
        assert cell.startswith(f"{report['precision']:.2f} [")
        assert table.loc[digit, "imágenes"] == "100"
    assert table.loc["8", "exhaustividad original"] == "0.63"
    assert "precisión original" not in tables.per_class(one, DIGITS)


def test_per_class_of_several_seeds_is_a_mean_with_students_interval():
    m = recipe([0.8, 0.85, 0.9, 0.3], lost={3: [2]})  # the last one is left out
    table = tables.per_class(m, DIGITS)
    recalls = m.counts[:3, 4, 4] / 100
    low, high = stats.t.interval(0.95, 2, recalls.mean(), stats.sem(recalls))
    cell = f"{recalls.mean():.2f} [{low:.2f}, {min(high, 1):.2f}]"
    assert table.loc["4", "exhaustividad [IC 95\u202f%]"] == cell


def test_a_class_never_predicted_has_a_dash():
    one = tables.per_class(recipe([0.8], lost={0: [3]}), DIGITS)
    assert one.loc["3", "precisión [IC 95\u202f%]"] == "—"
    both = tables.per_class(recipe([0.8, 0.8], lost={0: [3], 1: [3, 5]}), DIGITS)
    assert both.loc["3", "precisión [IC 95\u202f%]"] == "—"
    assert both.loc["5", "precisión [IC 95\u202f%]"].endswith(" (1 de 2)")
    assert "nan" not in both.to_string()


def test_mcnemars_table():
    table = tables.paired(MCNEMAR, "densa", "LeNet-5")
    assert table.loc["densa acierta", "LeNet-5 falla"] == "20"
    assert table.loc["densa falla", "LeNet-5 acierta"] == "7"
    assert table.loc["densa acierta", "LeNet-5 acierta"] == "50\u202f000"


def test_pipe_table_aligns_numbers_right():
    table = tables.paired(MCNEMAR, "A", "B").rename_axis("red")
    lines = pipe_table(table).splitlines()
    assert lines[:2] == ["| red | B acierta | B falla |", "| :--- | ---: | ---: |"]


@pytest.mark.parametrize("network", models.NETWORKS)
def test_operations_are_those_that_torch_counts(network):
    options = {"width": 100} if network == "dense" else {}
    model = models.build(network, **options)
    shape = (1, 28, 28) if "hidden" in network else (3, 32, 32)
    images = torch.zeros(1, *shape, dtype=torch.uint8)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(models.scale(images))
    assert tables.operations(model, images) == counter.get_total_flops()


WIDE = {"seconds": np.full(5, 105.0), "epochs": 2, "parameters": 20_000_000}


def equal_time(slow, fast, n=3):
    ends = [Estimate(x, 0.01, x - 0.02, x + 0.02, n) for x in (slow, fast)]
    return EqualTime(100.0, 2, *ends, 30.0, None)


def test_criteria_and_who_wins():
    dense = recipe([0.4, 0.5, 0.45, 0.42, 0.48], bytes=90_000_000, **WIDE)
    lenet = recipe([0.6, 0.601, 0.6, 0.602, 0.6], seconds=np.full(5, 30.0))
    table = tables.criteria(dense, lenet, equal_time(0.5, 0.4), (40_000_000, 1_000_000))
    assert set(table["gana"]) == {"LeNet-5"}
    assert table.loc["tiempo por época", "densa"] == "52.5\u202fs"
    assert table.loc["tiempo en total", "densa"] == "1\u202fmin 45\u202fs"
    assert table.loc["parámetros", "densa"] == "20\u202f000\u202f000"
    assert table.loc["pesos en disco", "LeNet-5"] == "25.0\u202fkB"
    row = table.loc["error de validación a los 1\u202fmin 40\u202fs"]
    assert row.tolist() == ["50.0\u202f%", "40.0\u202f%", "LeNet-5"]
    low, high = stats.t.interval(0.95, 4, 55, stats.sem([60, 50, 55, 58, 52]))
    error = table.loc["error [IC 95\u202f%]", "densa"]
    assert error == f"55.0\u202f% [{low:.1f}, {high:.1f}]"
    assert table.loc["desviación estándar entre semillas", "densa"] == "4.1 puntos"
    turned = tables.criteria(lenet, dense, equal_time(0.4, 0.5), (1, 2))
    assert set(turned["gana"]) == {"densa"}


def test_criteria_where_nothing_can_be_told():
    one, other = recipe([0.5]), recipe([0.9])
    for time in (None, equal_time(0.5, np.nan)):
        table = tables.criteria(one, other, time, (5, 5))
        assert set(table["gana"]) == {"no se distingue"}
        assert not any(name.startswith("error de val") for name in table.index)
        assert "nan" not in table.to_string()
    table = tables.criteria(one, other, equal_time(0.5, 0.4, n=1), (5, 5))
    assert set(table["gana"]) == {"no se distingue"}
    same = recipe([0.9] * 3)
    table = tables.criteria(same, same, None, (5, 5))
    assert set(table["gana"]) == {"no se distingue"}


def test_the_error_says_of_how_many_seeds_it_is():
    table = tables.criteria(
        recipe([0.5] * 4, lost={0: [1]}), recipe([0.5]), None, (1, 1)
    )
    assert table.loc["error [IC 95\u202f%]", "densa"].endswith("(3 de 4 semillas)")
