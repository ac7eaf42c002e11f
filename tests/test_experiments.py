"""Experiments: what is trained, and sentences that stay true whatever comes out."""

import ast
from collections import namedtuple
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from torch import nn

from helpers import paths
from helpers.datasets import Split, load
from helpers.models import build, scale
from helpers.runs import Plan
from helpers.training import Recipe
from helpers.validation import validation
from informe.experiments import (
    Decision,
    Length,
    Outcome,
    answers,
    dead,
    linear,
    mnist,
    plot_decisions,
    run,
    setting,
)
from informe.experiments.answers import answer, gap
from tests.support.prose import says

LABELS = np.arange(1000) % 10
BASE = Plan("one_hidden", Recipe(epochs=1), (0,))


def made_up(shares: dict[str, list[float]], reference="a", decision=Decision):
    """An outcome whose seeds get the first shares of the images right."""

    class Made(Outcome):
        @property
        def predictions(self):
            return {k: np.stack([right(s) for s in v]) for k, v in shares.items()}

    choices = {} if decision is Length else {"choices": {k: {} for k in shares}}
    return Made(
        decision("x", "¿Cuál?", BASE, **choices, reference=reference), {}, LABELS
    )


def right(share):
    wrong = np.arange(len(LABELS)) >= round(share * len(LABELS))
    return np.where(wrong, (LABELS + 1) % 10, LABELS)


class TestAnswer:
    def test_the_references_choice_wins_by_far(self):
        text = answer(made_up({"a": [0.9, 0.91, 0.92], "b": [0.8, 0.81, 0.83]}))
        assert says(
            text, "¿Cuál?", "Gana", "«a»", "91.0 ± 1.0\u202f%", "original", "«b»"
        )
        # by hand: gaps 0.10, 0.10, 0.09; t(2) = 4.303, sd 0.00577: 0.0967 ± 0.0143
        # t = 0.0967 / (0.00577 / sqrt(3)) = 29: p = 2 P(t(2) > 29) = 0.0012
        found = ["9.67", "[8.23, 11.10]", "*p* = 0.001"]
        assert says(text, "«b»", *found, "se distingue", "semillas")

    def test_another_wins_within_the_noise(self):
        text = answer(made_up({"a": [0.9, 0.91, 0.92], "b": [0.95, 0.91, 0.90]}))
        assert says(text, "Gana", "«b»", "«a»", "original", "1.00")
        assert says(text, "no se distingue", "semillas")

    def test_the_best_of_several_is_one_of_several(self):
        a, b = [0.90, 0.91, 0.92], [0.93, 0.93, 0.95]
        text = answer(made_up({"a": a, "b": b}))
        # gaps 0.03, 0.02, 0.03, t = 8: p = 0.0153, and four times that among four
        assert says(text, "2.67", "[1.23, 4.10]", "*p* = 0.015", "se distingue")
        others = {k: [0.85, 0.95, 0.90] for k in "cde"}
        text = answer(made_up({"a": a, "b": b} | others))
        assert says(text, "2.67", "[1.23, 4.10]", "*p* = 0.061", "no se distingue")

    def test_one_seed_is_judged_by_images(self):
        text = answer(made_up({"a": [0.5], "b": [0.9]}))
        assert says(
            text, "Gana", "«b»", "90.0\u202f%", "«a»", "se distingue", "imágenes"
        )
        assert "±" not in text
        text = answer(made_up({"a": [0.9], "b": [0.902]}))
        assert says(text, "no se distingue", "imágenes")

    def test_ties_are_ties(self):
        text = answer(made_up({"a": [0.9, 0.8], "b": [0.8, 0.9], "c": [0.5, 0.5]}))
        assert says(text, "Empatan", "«a»", "«b»", "85.0 ± 7.1\u202f%")
        assert "«c»" not in text and "se distingue" not in text

    def test_ties_do_not_depend_on_rounding(self):
        a, b = [0.1, 0.2, 0.4], [0.2, 0.4, 0.1]
        assert says(answer(made_up({"a": a, "b": b})), "Empatan", "«a»", "«b»")

    def test_a_reference_behind_a_tie_is_named(self):
        text = answer(made_up({"a": [0.5], "b": [0.9], "c": [0.9]}))
        assert says(text, "Empatan", "«b»", "«c»", "«a»", "original", "40.00")

    def test_one_label_for_all_is_told(self):
        collapsed = made_up({"a": [0.9], "b": [0.1]})
        predictions = collapsed.predictions | {"b": np.zeros((1, 1000), int)}
        collapsed.__class__.predictions = predictions
        assert says(answer(collapsed), "«b»", "una sola")
        assert "una sola" not in answer(made_up({"a": [0.9], "b": [0.1]}))

    def test_one_label_in_some_seeds_is_told_with_their_number(self):
        some = made_up({"a": [0.9, 0.8], "b": [0.1, 0.9]})
        fallen = np.stack([np.zeros(1000, int), right(0.9)])
        some.__class__.predictions = some.predictions | {"b": fallen}
        assert says(answer(some), "«b»", "1", "2", "una sola")

    @pytest.mark.parametrize("fallen, won", [(1, True), (2, False)])
    def test_a_choice_that_mostly_collapses_does_not_win(self, fallen, won):
        some = made_up({"a": [0.3] * 3, "b": [1.0] * 3})
        zeros = np.zeros(1000, int)
        seeds = np.stack([zeros] * fallen + [right(1.0)] * (3 - fallen))
        some.__class__.predictions = some.predictions | {"b": seeds}
        text = answer(some)
        assert says(text, "«b»", "%") and ("Gana" in text) == won
        assert says(text, f"{fallen} de 3 semillas", "una sola")

    def test_epochs_that_are_not_enough(self):
        text = answer(made_up({"1": [0.5], "2": [0.6], "3": [0.9]}, "1", Length))
        assert says(text, "No basta", "1", "1", "3", "+40.00", "+10.00")
        assert says(text, "mejor", "3", "90.0\u202f%")

    def test_epochs_that_are_enough(self):
        same = {"1": [0.5, 0.6], "2": [0.9, 0.8], "3": [0.901, 0.801]}
        text = answer(made_up(same, "2", Length))
        assert says(text, "¿Cuál?", "Bastan", "2", "0.5")
        worse = {"1": [0.9], "2": [0.5]}
        text = answer(made_up(worse, "1", Length))
        assert says(text, "Basta 1 época", "se pierde") and "ganan" not in text

    def test_a_wide_interval_is_no_proof_that_epochs_are_enough(self):
        wide = {"1": [0.5, 0.6], "2": [0.9, 0.8], "3": [0.8, 0.9]}
        text = answer(made_up(wide, "2", Length))
        assert says(text, "no se puede decir", "2")

    @pytest.mark.parametrize("asked", ["3", "4"])
    def test_epochs_that_were_not_trained(self, asked):
        text = answer(made_up({"1": [0.5], "2": [0.6], "3": [0.9]}, asked, Length))
        assert says(text, "3 épocas", "no se puede decir")

    def test_one_epoch_is_singular(self):
        text = answer(made_up({"1": [0.5]}, "1", Length))
        assert says(text, "1 época", "no se puede decir") and "1 épocas" not in text

    def test_all_questions_are_answered_in_a_list(self):
        outcomes = {
            "x": made_up({"a": [0.9], "b": [0.5]}),
            "y": made_up({"a": [1], "b": [0]}),
        }
        text = answers(outcomes, {"y": "Nota."})
        assert [line[:2] for line in text.splitlines()] == ["- ", "- "]
        assert text.endswith(" Nota.")

    def test_gaps_are_paired_by_seed(self):
        e = gap(made_up({"a": [0.9, 0.5], "b": [0.8, 0.4]}), "a", "b")
        assert (e.mean, e.low, e.high) == pytest.approx((0.1, 0.1, 0.1))


Settings = namedtuple(
    "Settings", "seed n_seeds decision_seeds epochs batch_size learning_rate"
)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The decisions of the MNIST notebook on few images, stored."""
    patch = pytest.MonkeyPatch()
    patch.setenv("INFORME_HOME", str(tmp_path_factory.mktemp("home")))
    patch.setattr(mnist, "KERNELS", {"4 × 4": {}, "2 × 2": {"kernel": 2}})
    patch.setattr(mnist, "CHANNELS", {"1": {}, "2": {"channels": 2}})
    cut = validation(load("mnist", "sample"), 100)
    yield run(mnist.decisions(Settings(3, 2, 2, 1, 40, 0.05)), cut, device="cpu"), cut
    patch.undo()


class TestRun:
    def test_what_varies_varies_and_the_rest_does_not(self, small):
        outcomes, cut = small
        abouts = {
            (name, label): [run.about for run in runs]
            for name, o in outcomes.items()
            for label, runs in o.runs.items()
        }
        base = abouts["loss", "entropía cruzada"]
        assert [about["seed"] for about in base] == [3, 4]
        assert {a["data"] for seeds in abouts.values() for a in seeds} == {cut.checksum}
        assert (
            abouts["loss", "margen multiclase"][0]["recipe"]["loss"] == "multi_margin"
        )
        assert abouts["output", "tanh"][0]["options"] == {"output": "tanh"}
        assert abouts["rate", "0.1"][0]["recipe"]["learning_rate"] == 0.1
        assert list(outcomes["rate"].runs) == ["0.0001", "0.001", "0.01", "0.05", "0.1"]
        for label in ("ReLU", "sigmoide"):
            recipes = [about["recipe"] for about in abouts["output", label]]
            assert recipes == [about["recipe"] for about in base]

    def test_what_two_decisions_share_is_trained_once(self, small):
        outcomes, _ = small
        same = [
            outcomes["loss"].runs["entropía cruzada"],
            outcomes["output"].runs["ninguna"],
        ]
        assert same[0][0].folder == same[1][0].folder

    def test_accuracies_are_of_the_validation_images(self, small):
        outcomes, cut = small
        runs = outcomes["kernel"].runs["2 × 2"]
        expected = [1 - r.history.test_error.iloc[-1] for r in runs]
        np.testing.assert_allclose(outcomes["kernel"].accuracies["2 × 2"], expected)
        assert len(outcomes["kernel"].labels) == len(cut.test) == 333

    def test_epochs_are_those_of_the_history(self, small):
        outcomes, _ = small
        accuracies = outcomes["epochs"].accuracies
        histories = [run.history for run in outcomes["epochs"].runs[""]]
        assert list(accuracies) == ["1", "2"]
        for epoch in (0, 1):
            expected = [1 - h.test_error[epoch] for h in histories]
            np.testing.assert_allclose(accuracies[str(epoch + 1)], expected)

    def test_a_data_set_with_the_test_images_is_refused(self, mnist):
        with pytest.raises(ValueError, match="validation"):
            run([], mnist)
        with pytest.raises(ValueError, match="validation"):
            linear.logistic(mnist)

    def test_other_test_images_change_no_answer(self, mnist, tmp_path, monkeypatch):
        noise = torch.randint(0, 256, mnist.test.images.shape, dtype=torch.uint8)
        poisoned = replace(mnist, test=Split(noise, mnist.test.labels.flip(0)))
        decision = Decision("x", "¿?", BASE, {"a": {}, "b": {"kernel": 2}}, "a")
        found = []
        for i, data in enumerate((mnist, poisoned)):
            monkeypatch.setenv("INFORME_HOME", str(tmp_path / str(i)))  # trained anew
            cut = validation(data, 200)
            outcomes = run([decision], cut, device="cpu")
            regression = linear.logistic(cut).predictions.tolist()
            found.append((answers(outcomes), outcomes["x"].accuracies, regression))
        assert found[0][0] == found[1][0]
        for label in ("a", "b"):
            assert (found[0][1][label] == found[1][1][label]).all()
        assert found[0][2] == found[1][2]

    def test_no_module_of_experiments_can_load_a_data_set(self):
        """They get what they choose with; only `validation` cuts it."""
        for path in (paths.PACKAGE.parent / "informe/experiments").glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom):
                    names = {alias.name for alias in node.names}
                    loaders = {"load", "datasets", "download", "formats", "sources"}
                    assert not names & loaders, path

    def test_the_setting_is_said(self, small):
        text = setting(*small)
        assert says(text, "100", "333", "1", "2", "2")

    def test_a_panel_for_each_decision(self, small):
        outcomes, _ = small
        figure = plot_decisions(outcomes).get_figure()
        titles = [ax.get_title() for ax in figure.axes if ax.axison]
        assert titles == [o.decision.question for o in outcomes.values()]
        labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
        assert labels == list(mnist.LOSSES)
        plt.close(figure)


class TestLinear:
    def test_an_affine_network_is_its_matrix(self):
        model = build("one_hidden", seed=1)
        images = torch.randint(0, 256, (50, 1, 28, 28), dtype=torch.uint8)
        matrix, offset = (x.double() for x in linear.fold(model, (1, 28, 28)))
        assert matrix.shape == (10, 784)
        logits = model(scale(images)).double()
        folded = scale(images).flatten(1).double() @ matrix.t() + offset
        assert torch.allclose(folded, logits, atol=1e-5)
        assert linear.disagreement(model, images) < 1e-5

    def test_one_that_is_not_affine_is_found_out(self):
        images = torch.randint(0, 256, (50, 1, 28, 28), dtype=torch.uint8)
        model = build("one_hidden", activation="relu", channels=4)
        assert linear.disagreement(model, images) > 1e-3

    def test_the_regression_is_scikit_learns_and_is_fitted_once(
        self, home, mnist, monkeypatch
    ):
        cut = validation(mnist, 200)
        found = linear.logistic(cut)
        x, z = (scale(s.images).flatten(1).numpy() for s in (cut.train, cut.test))
        monkeypatch.setattr(linear, "_fit", lambda data: 1 / 0)
        again = linear.logistic(cut)
        expected = LogisticRegression(max_iter=linear.ITERATIONS)
        with pytest.warns(ConvergenceWarning):
            expected.fit(x, cut.train.labels.numpy())
        assert (found.predictions == expected.predict(z)).all()
        assert (again.predictions == found.predictions).all()
        assert not found.converged and not again.converged

    def test_half_a_file_is_made_anew(self, home, mnist):
        cut = validation(mnist, 200)
        found = linear.logistic(cut)
        (path,) = paths.runs().glob("logistic-*.json")
        path.write_text(path.read_text()[:100])
        assert (linear.logistic(cut).predictions == found.predictions).all()

    def test_the_paragraph_says_whether_they_differ(self, home, mnist, small):
        outcomes, cut = small
        runs = outcomes["epochs"].runs[""]
        text = linear.comparison(runs[0].model(), runs, cut)
        # two epochs of 100 images
        assert says(text, "10 × 784", "333", "100", "se distingue")
        other = linear.logistic(cut)
        same = replace_predictions(runs[0], other.predictions)
        text = linear.comparison(same.model(), [same], cut)
        assert says(text, "0.00", "[0.00, 0.00]", "no se distingue")


def replace_predictions(run, predictions):
    """The run as if it had predicted so."""
    twin = type(run)(run.folder)
    twin.__dict__["logits"] = np.eye(10, dtype=np.float32)[predictions]
    return twin


class TestDead:
    def test_a_dead_logit_has_no_gradient(self, mnist, small):
        outcomes, _ = small
        run_ = outcomes["output"].runs["ReLU"][0]
        model = run_.model()
        nn.init.constant_(model.linear.bias[3:4], -1e3)
        twin = type(run_)(run_.folder)
        object.__setattr__(twin, "model", lambda: model)
        output = dead.output_of(twin, mnist)
        assert output.alive[3] == output.gradient[3] == 0
        assert output.gradient[0] > 0
        text = dead.explain(output, [3], mnist.classes)
        assert says(text, "«3»", "no es positiva", "1000", "0")
        assert "convolución" in text  # its inputs are not dead

    def test_a_nearly_dead_one_is_said_to_be_so(self):
        alive, gradient = np.full(10, 0.5), np.linspace(1, 2, 10)
        alive[8], gradient[8] = 0.003, 0.01
        output = dead.Output(alive, gradient, 1000)
        text = dead.explain(output, [8], "0123456789")
        assert says(text, "«8»", "es positiva", "3", "1000", "0.01", "1", "2")

    def test_where_none_is_lost_it_says_so(self):
        output = dead.Output(np.linspace(0.1, 0.9, 10), np.ones(10), 1000)
        text = dead.explain(output, [], "0123456789")
        assert says(text, "ninguna clase", "«0»", "100", "1000")

    def test_where_no_image_has_a_positive_logit_it_says_no(self):
        alive = np.linspace(0, 0.9, 10)
        text = dead.explain(dead.Output(alive, np.ones(10), 10_000), [], "0123456789")
        assert says(text, "«0»", "no lo es en ninguna")

    def test_one_image_is_singular(self):
        alive, gradient = np.full(10, 1.0), np.full(10, 1e-5)
        text = dead.explain(dead.Output(alive, gradient, 1), [8], "0123456789")
        assert says(text, "«8»", "1 de 1 imagen", "10⁻⁵")
        assert "imágenes" not in text and "ellas" not in text and "e-05" not in text
