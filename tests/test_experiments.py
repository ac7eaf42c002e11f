"""Experiments: what is trained, and sentences that stay true whatever comes out."""

import ast
from collections import namedtuple
from dataclasses import replace
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from torch import nn

from helpers import paths
from helpers.datasets import Split, load
from helpers.models import build, scale
from helpers.runs import Plan
from helpers.training import Recipe
from helpers.uncertainty import compare
from helpers.validation import validation
from informe.experiments import (
    Decision,
    Outcome,
    answers,
    dead,
    linear,
    mnist,
    plot_decisions,
    run,
    setting,
)
from informe.experiments.answers import adopted, answer, gains, gap, judging
from informe.statistics import exact, seeds_needed
from tests.support.prose import says

LABELS = np.arange(1000) % 10
BASE = Plan("one_hidden", Recipe(epochs=1), (0,))


def made_up(shares: dict[str, list[float]], reference="a"):
    """An outcome whose seeds get the first shares of the images right."""

    class Made(Outcome):
        @property
        def predictions(self):
            return {k: np.stack([right(s) for s in v]) for k, v in shares.items()}

    choices = {k: {} for k in shares}
    runs = {
        k: [SimpleNamespace(seed=seed, key=f"{k}{seed}") for seed in range(len(v))]
        for k, v in shares.items()
    }
    return Made(Decision("x", "¿Cuál?", BASE, choices, reference), runs, LABELS)


def right(share):
    wrong = np.arange(len(LABELS)) >= round(share * len(LABELS))
    return np.where(wrong, (LABELS + 1) % 10, LABELS)


def lost(label, made, seeds):
    """The outcome with one label for all images in some seeds of an option."""
    predictions = {k: v.copy() for k, v in made.predictions.items()}
    predictions[label][seeds] = 0
    made.__class__.predictions = predictions
    return made


class TestAnswer:
    def test_the_references_choice_wins_by_far(self):
        a, b = [0.9, 0.91, 0.92], [0.8, 0.81, 0.83]
        text = answer(made_up({"a": a, "b": b}))
        assert says(
            text, "¿Cuál?", "Gana", "«a»", "91.0 ± 1.0\u202f%", "original", "«b»"
        )
        # Dunnett's test of one option is the t test of equal variances
        low, high = stats.ttest_ind(a, b).confidence_interval(0.95)
        found = ["9.67", f"[{100 * low:.2f}, {100 * high:.2f}]"]
        assert says(text, "«b»", *found, "que se distingue") and "no se" not in text

    def test_what_cannot_be_told_says_how_many_seeds_would_tell(self):
        made = made_up({"a": [0.9, 0.91, 0.92], "b": [0.95, 0.91, 0.90]})
        text = answer(made)
        needed = seeds_needed(*made.accuracies.values())
        assert says(text, "La mayor media", "«b»", "«a»", "original", "1.00")
        assert says(text, "no se puede decir con 3 semillas", f"unas {needed}")
        assert "Gana" not in text and adopted(made) == "a"

    def test_seeds_that_would_have_been_enough_are_not_asked_for(self):
        made = made_up({"a": [0.9, 0.904, 0.908], "b": [0.902, 0.906, 0.912]})
        assert seeds_needed(*made.accuracies.values()) == 5
        many = {k: [*v, *v] for k, v in made.accuracies.items()}
        text = answer(made_up(many))
        assert says(text, "no se puede decir con 6 semillas", "bastarían")

    def test_equivalence_is_a_verdict_of_its_own(self):
        made = made_up({"a": [0.9, 0.901, 0.902], "b": [0.901, 0.902, 0.903]})
        assert says(answer(made), "La mayor media", "«b»", "«a»", "equivale (±0.5")
        assert adopted(made) == "a"

    def test_the_best_of_several_is_one_of_several(self):
        a, b = [0.90, 0.91, 0.92], [0.93, 0.93, 0.95]
        alone = made_up({"a": a, "b": b})
        others = {k: [0.85, 0.90, 0.88] for k in "cde"}
        crowd = made_up({"a": a, "b": b} | others)
        assert says(answer(alone), "2.67", "que se distingue")
        assert adopted(alone) == "b" and gains(alone)["b"].p < 0.05
        assert says(answer(crowd), "2.67", "no se puede decir")
        assert adopted(crowd) == "a" and gains(crowd)["b"].p > 0.05

    def test_one_seed_is_judged_by_images(self):
        made = made_up({"a": [0.5], "b": [0.9]})
        text = answer(made)
        assert says(text, "Gana", "«b»", "90.0\u202f%", "«a»", "imágenes", "distingue")
        assert "±" not in text and adopted(made) == "b"
        text = answer(made_up({"a": [0.9], "b": [0.91], "c": [0.5]}))
        found = compare(LABELS, right(0.91), right(0.9), 0.975)  # two options
        low, high = (f"{100 * x:.2f}" for x in (found.low, found.high))
        assert says(text, "«a»", f"[{low}, {high}]", "entre imágenes")
        made = made_up({"a": [0.9], "b": [0.91]})
        others = np.where(np.arange(1000) < 90, (LABELS + 1) % 10, LABELS)
        made.__class__.predictions = {"a": right(0.9)[None], "b": others[None]}
        assert says(
            answer(made), "1.00", "imágenes", "no se puede decir con una sola semilla"
        )
        assert adopted(made) == "a"

    def test_ties_are_ties(self):
        text = answer(made_up({"a": [0.9, 0.8], "b": [0.8, 0.9], "c": [0.5, 0.5]}))
        assert says(text, "Empatan", "«a»", "«b»", "85.0\u202f%")
        assert "«c»" not in text and "distingue" not in text

    def test_ties_do_not_depend_on_rounding(self):
        a, b = [0.1, 0.2, 0.4], [0.2, 0.4, 0.1]
        assert says(answer(made_up({"a": a, "b": b})), "Empatan", "«a»", "«b»")

    def test_a_reference_behind_a_tie_is_named(self):
        text = answer(made_up({"a": [0.5], "b": [0.9], "c": [0.9]}))
        assert says(text, "Empatan", "«b»", "«c»", "«a»", "original", "40.00")

    def test_an_option_that_loses_classes_has_neither_mean_nor_interval(self):
        healthy = {"a": [0.8, 0.81, 0.82], "b": [0.9, 0.91, 0.92]}
        made = lost("c", made_up(healthy | {"c": [1.0] * 3}), [1])
        text = answer(made)
        low, high = (f"{100 * x:.0f}\u202f%" for x in exact(1, 3))
        assert says(text, "alguna clase", f"1 de 3 semillas [{low}, {high}]", "«c»")
        assert text.count("«c»") == 1 and says(text, "Gana", "«b»", "91.0 ± 1.0")
        assert gains(made)["b"] == gains(made_up(healthy))["b"]  # nor any part in those
        assert "c" not in gains(made) and adopted(made) == "b"

    def test_an_option_that_diverges_is_told_apart(self):
        shares = {"a": [0.8, 0.81, 0.82], "b": [0.9, 0.91], "c": [1.0] * 3}
        made = replace(lost("c", made_up(shares), [1]), diverged={"b": 1})
        text = answer(made)
        assert says(text, "Solo «a» conserva", "Pierden", "1 de 3 semillas", "«c»")
        assert says(text, "Divergen", "1 de 3 semillas", "«b»")
        assert adopted(made) == "a" and gains(made) == {}

    def test_one_class_never_predicted_is_lost(self):
        made = made_up({"a": [0.9, 0.9], "b": [0.8, 0.7]})
        predictions = {k: v.copy() for k, v in made.predictions.items()}
        predictions["b"][0][predictions["b"][0] == 8] = 3
        made.__class__.predictions = predictions
        assert says(answer(made), "alguna clase", "1 de 2 semillas", "«b»")

    def test_a_reference_that_loses_classes_is_not_adopted(self):
        some = {"a": [1.0, 1.0], "b": [0.8, 0.82], "c": [0.9, 0.91]}
        made = lost("a", made_up(some), [0])
        assert says(answer(made), "conservan", "«c»", "90.5 ± 0.7")
        assert says(answer(made), "1 de 2 semillas", "«a»")
        assert (adopted(made), gains(made)) == ("c", {})
        alone = lost("a", made_up({"a": [1.0], "b": [0.8]}), [0])
        assert says(answer(alone), "Solo", "«b»", "80.0\u202f%")
        assert says(answer(alone), "única semilla", "«a»") and adopted(alone) == "b"

    def test_where_all_lose_classes_the_reference_stays(self):
        made = lost("b", lost("a", made_up({"a": [0.9], "b": [0.9]}), [0]), [0])
        text = answer(made)
        assert says(text, "Ninguna opción", "en su única semilla", "«a» y «b»")
        assert adopted(made) == "a"

    def test_ordered_options_have_a_trend(self):
        rising = {"a": [0.7, 0.71, 0.72], "b": [0.75, 0.76, 0.72]}
        rising |= {"c": [0.8] * 3, "d": [0.9, 0.92, 0.93]}
        made = made_up(rising)
        fallen = made_up({k: [1 - x for x in v] for k, v in rising.items()})
        for options, told in [
            ([{"channels": n} for n in (1, 4, 16, 32)], True),
            ([{"channels": n} for n in (4, 1, 16, 32)], False),
            ([{}, {"kernel": 2}, {"kernel": 4}, {"kernel": 7}], False),
            ([{"output": n} for n in "abcd"], False),
        ]:
            made.decision.choices.update(zip("abcd", options, strict=True))
            assert says(answer(made), "la exactitud crece con el orden (*p*") == told
        fallen.decision.choices.update({k: {"kernel": ord(k)} for k in "abcd"})
        assert says(answer(fallen), "la exactitud decrece con el orden")

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
    patch.setattr(mnist, "CHANNELS", {"1": {}, "2": {"filters": 2}})
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
        """They get what they choose with; only `validation` cuts it.

        But for own.py, of whose chapter the data are a parameter.
        """
        files = (paths.PACKAGE.parent / "informe/experiments").glob("*.py")
        for path in (file for file in files if file.name != "own.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom):
                    names = {alias.name for alias in node.names}
                    loaders = {"load", "datasets", "download", "formats", "sources"}
                    assert not names & loaders, path

    def test_the_setting_is_said(self, small):
        text = setting(*small)
        assert says(text, "100", "333", "1 época", "2 semillas")

    def test_the_family_of_the_comparisons_is_said(self, small):
        text = judging(small[0])
        assert says(text, "misma decisión", "Dunnett", "Welch", "Bonferroni")
        one = {k: [runs[0]] for k, runs in small[0]["loss"].runs.items()}
        text = judging({"x": replace(small[0]["loss"], runs=one)})
        assert says(text, "Bonferroni") and "Dunnett" not in text

    def test_a_panel_for_each_decision(self, small):
        outcomes, _ = small
        figure = plot_decisions(outcomes).get_figure()
        titles = [ax.get_title() for ax in figure.axes if ax.axison]
        assert titles == [o.decision.question for o in outcomes.values()]
        labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
        assert labels == list(mnist.LOSSES)
        plt.close(figure)


class TestPanels:
    def test_seeds_on_one_point_are_seen_as_several(self):
        ax = plot_decisions({"x": made_up({"a": [0.9, 0.9], "b": [0.8, 0.9]})})
        points = ax.get_lines()[0].get_xydata()
        assert len({tuple(p) for p in points}) == 2

    def test_an_option_far_below_does_not_squash_the_others(self):
        shares = {"a": [0.9, 0.91, 0.92], "b": [0.9, 0.91, 0.93], "c": [0.1] * 3}
        ax = plot_decisions({"x": made_up(shares)})
        left, right_ = ax.get_xlim()
        assert 0.88 < left < 0.9 and right_ < 0.94
        assert [t.get_text() for t in ax.texts] == ["0.10"]
        shares["c"] = [0.88, 0.89, 0.9]
        ax = plot_decisions({"x": made_up(shares)})
        assert ax.get_xlim()[0] < 0.88 and not ax.texts


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
        model = build("one_hidden", activation="relu", filters=4)
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
        runs = next(iter(outcomes["loss"].runs.values()))
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
