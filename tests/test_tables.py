import re

import numpy as np
import pytest
from sklearn.metrics import classification_report
from statsmodels.stats.proportion import proportion_confint

from helpers.evaluation import confusion_matrix
from helpers.models import VARIANTS, build
from helpers.uncertainty import Paired
from informe.report import chapters, results, tables
from informe.report.display import pipe_table
from tests.support.runs import run


@pytest.fixture
def two_seeds(tmp_path, mnist):
    labels = mnist.test.labels
    return [
        run(tmp_path / "a", labels, 0.9, seconds=100.0),
        run(tmp_path / "b", labels, 0.8, seed=1, lost=[3], seconds=50.0),
    ]


def test_layers_with_shapes_and_parameters(mnist):
    network = build("one_hidden", **VARIANTS["original"])
    table = tables.layers(network, mnist.train.images[:1])
    assert table["salida"].tolist()[:3] == ["1 × 28 × 28", "1 × 25 × 25", "625"]
    assert table["parámetros"].tolist() == ["", "17", "0", "6260", "0", "6277"]
    assert table.index[1] == "`Conv2d(1, 1, (4, 4))`"


def test_per_class_is_scikit_learns_report_with_wilsons_interval():
    labels = np.repeat(np.arange(10), 20)
    predictions = (labels + (np.arange(200) % 3 == 0)) % 10
    counts = confusion_matrix(labels, predictions)
    table = tables.per_class(counts, tuple("0123456789"), with_original=True)
    expected = classification_report(labels, predictions, output_dict=True)
    for k in range(10):
        row, report = table.loc[str(k)], expected[str(k)]
        low, high = proportion_confint(counts[k, k], 20, method="wilson")
        recall = f"{report['recall']:.2f} [{low:.2f}, {high:.2f}]"
        assert row["exhaustividad [IC 95\u202f%]"] == recall
        assert row["precisión [IC 95\u202f%]"].startswith(
            f"{report['precision']:.2f} ["
        )
        assert row["imágenes"] == "20"
    assert table.loc["8", "exhaustividad original"] == "0.63"
    assert "precisión original" not in tables.per_class(counts, tuple("0123456789"))


def test_a_class_never_predicted_has_a_dash(two_seeds, mnist):
    counts = two_seeds[1].confusion
    table = tables.per_class(counts, mnist.classes)
    assert table.loc["3", "precisión [IC 95\u202f%]"] == "— [—, —]"


def test_mcnemars_table():
    pair = Paired(50_000, 20, 7, 3, 0.02, 0.1, 0.05, 0.15)
    table = tables.paired(pair, "densa", "LeNet-5")
    assert table.loc["densa acierta", "LeNet-5 falla"] == "20"
    assert table.loc["densa falla", "LeNet-5 acierta"] == "7"
    assert table.loc["densa acierta", "LeNet-5 acierta"] == "50\u202f000"


def test_networks_and_costs(two_seeds):
    row = tables.networks({"densa": two_seeds}).loc["densa"]
    assert row["semillas"] == "2"
    assert row["tiempo"] == "1\u202fmin 15\u202fs"
    for about in two_seeds:
        about.about["network"] = "lenet5"
    cost = tables.costs({"LeNet-5": two_seeds}).loc["LeNet-5"]
    assert cost["tiempo (original)"] == "1\u202fh 37\u202fmin 33\u202fs"
    assert cost["en disco (original)"] == "245\u202fkB"
    assert cost["en disco"] == f"{two_seeds[0].bytes / 1000:.1f}\u202fkB"


def test_pipe_table_aligns_numbers_right(two_seeds):
    lines = pipe_table(tables.networks({"densa": two_seeds})).splitlines()
    assert lines[0].startswith("| red | semillas | exactitud |")
    assert lines[1] == "| :--- | ---: | ---: | ---: | ---: | ---: |"


def test_confident_errors_are_errors_surest_first(two_seeds, mnist):
    images, titles = results.confident_errors(two_seeds[0], mnist, 7)
    wrong = two_seeds[0].predictions != mnist.test.labels.numpy()
    assert images.shape == (7, 1, 28, 28)
    assert wrong.sum() == 50
    assert all(
        true != predicted for true, predicted in (t.split(" → ") for t in titles)
    )


def test_metrics_and_the_chapters_made_of_them(two_seeds, mnist):
    runs = {"corregida": two_seeds, "original": two_seeds[::-1]}
    pair = results.paired(*runs.values())
    content = results.metrics(mnist, runs, pair, "Lo hallado.")
    network = content["networks"]["corregida"]
    assert network["accuracy"] == pytest.approx([0.9, 0.72])
    assert network["lost_classes"] == [[], [3]]
    assert network["precision"][1][3] is None  # never predicted: no value
    assert content["trained_on"] == "2026-11-23"
    # the second run is right in 360 images, all of them among the first one's 450
    assert (pair.only_a, pair.only_b) == (90, 0)
    text, table = chapters.opening([content]).cells
    assert "- Lo hallado." in text.source and "¿Qué tan bien" in text.source
    assert "[0, 1]" in text.source  # 0.81 ± 0.127 of two seeds leaves it
    table = table.outputs[0].data["text/markdown"]
    assert "| MNIST | corregida | 2 | 0.810\u00a0±\u00a00.127 |" in table
    _, text = chapters.closing([content]).cells
    assert re.search("a processor.* 2 .*Linux x86_64", text.source)


def test_the_summary_names_the_parts_whose_networks_have_two_variants(two_seeds, mnist):
    runs = {"corregida": two_seeds, "original": two_seeds}
    part = results.metrics(mnist, runs, results.paired(two_seeds, two_seeds), "Algo.")
    alone = chapters.opening([part]).cells[0].source
    assert "ReLU" not in alone and "dos variantes" not in alone
    part["networks"]["original"]["options"] = {"output": "relu"}
    one = chapters.opening([part]).cells[0].source
    assert "1 parte:" in one and "la red de MNIST;" in one and "primeras" not in one
    two = chapters.opening([part, part | {"title": "Otra"}]).cells[0].source
    assert "2 partes:" in two and "las redes de MNIST y Otra;" in two
