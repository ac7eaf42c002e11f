import numpy as np
import pytest
from sklearn.metrics import classification_report

from helpers.evaluation import confusion_counts
from helpers.models import VARIANTS, build
from helpers.report import chapters, results, tables
from helpers.report.display import pipe_table
from tests.made_up_runs import run


@pytest.fixture
def two_seeds(tmp_path, mnist):
    labels = mnist.test.labels
    return [
        run(tmp_path / "a", labels, 0.9, seconds=100.0),
        run(tmp_path / "b", labels, 0.8, seed=1, lost=[3], seconds=50.0),
    ]


def test_layers_with_shapes_and_parameters(mnist):
    network = build("one_hidden", **VARIANTS["as_assigned"])
    table = tables.layers(network, mnist.train.images[:1])
    assert table["salida"].tolist()[:3] == ["1 × 28 × 28", "1 × 25 × 25", "625"]
    assert table["parámetros"].tolist() == ["", "17", "0", "6260", "0", "6277"]
    assert table.index[1] == "`Conv2d(1, 1, kernel_size=(4, 4))`"


def test_per_class_is_scikit_learns_report():
    labels = np.repeat(np.arange(10), 20)
    predictions = (labels + (np.arange(200) % 3 == 0)) % 10
    counts = confusion_counts(labels, predictions)
    table = tables.per_class(counts, tuple("0123456789"), with_original=True)
    expected = classification_report(labels, predictions, output_dict=True)
    for k in "0123456789":
        row = table.loc[k]
        assert row["precisión"] == f"{expected[k]['precision']:.2f}"
        assert row["exhaustividad"] == f"{expected[k]['recall']:.2f}"
        assert row["imágenes"] == "20"
    assert table.loc["8", "exhaustividad (original)"] == "0.63"


def test_networks_and_costs(two_seeds):
    row = tables.networks({"densa": two_seeds}).loc["densa"]
    assert row["semillas"] == "2"
    assert row["tiempo"] == "1 min 15 s"
    for about in two_seeds:
        about.about["network"] = "lenet5"
    cost = tables.costs({"LeNet-5": two_seeds}).loc["LeNet-5"]
    assert cost["tiempo (original)"] == "97 min 33 s"
    assert cost["en disco (original)"] == "245 kB"
    assert cost["en disco"] == f"{two_seeds[0].bytes / 1000:.1f} kB"


def test_pipe_table_aligns_numbers_right(two_seeds):
    lines = pipe_table(tables.networks({"densa": two_seeds})).splitlines()
    assert lines[0].startswith("| red | semillas | exactitud |")
    assert lines[1] == "| :--- | ---: | ---: | :--- | ---: | ---: |"


def test_confident_errors_are_errors_surest_first(two_seeds, mnist):
    images, titles = results.confident_errors(two_seeds[0], mnist, 7)
    wrong = two_seeds[0].predictions != mnist.test.labels.numpy()
    assert images.shape == (7, 1, 28, 28)
    assert wrong.sum() == 50
    assert all(
        true != predicted for true, predicted in (t.split(" → ") for t in titles)
    )


def test_metrics_and_the_chapters_made_of_them(two_seeds, mnist):
    content = results.metrics(mnist, {"corregida": two_seeds})
    network = content["networks"]["corregida"]
    assert network["accuracy"] == pytest.approx([0.9, 0.72])
    assert network["lost_classes"] == [[], [3]]
    assert network["precision"][1][3] is None  # never predicted: no value
    assert content["trained_on"] == "2026-11-23"
    opening = chapters.opening([content])
    table = opening.cells[1].outputs[0].data["text/markdown"]
    assert "| MNIST | corregida | 2 | 0.810 ± 0.127 |" in table
    closing = chapters.closing([content])
    assert "a processor, 2 núcleos; Linux x86_64" in closing.cells[0].source
    runs = closing.cells[1].outputs[0].data["text/markdown"]
    assert "| MNIST | corregida | 1 | `b` |" in runs
