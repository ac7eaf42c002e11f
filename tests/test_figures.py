"""Figures that teach: what they draw and say, against hand counts."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from helpers.datasets import Split
from helpers.models import build
from helpers.runs import Plan
from helpers.training import Recipe, fit
from informe.figures import (
    collapse,
    noise,
    seconds,
    shift,
    spread,
    templates,
    undecided,
)
from informe.figures.seeds import left_out, lost
from informe.figures.worked import worked
from informe.report.results import Measured, measured
from tests.support.prose import says
from tests.support.runs import run, store_one

LABELS = np.arange(1000) % 10
DIGITS = "0123456789"


def seeds(folder, *accuracies, lost=()) -> Measured:
    """Seeds that get so much right; the first `len(lost)` lose the class given."""
    lost = [*lost, *[None] * len(accuracies)]
    runs = [
        run(folder / f"{i}", LABELS, a, seed=i, lost=() if k is None else (k,))
        for i, (a, k) in enumerate(zip(accuracies, lost, strict=False))
    ]
    return measured(runs)


class Ties:
    """A run with the logits given."""

    def __init__(self, logits, labels, seed=3):
        self.logits, self.labels = np.array(logits, np.float32), np.array(labels)
        self.predictions, self.seed = self.logits.argmax(1), seed


class Course:
    """A run with a history of its own."""

    def __init__(self, times, errors, split="test"):
        self.about = {"split": split}
        self.history = pd.DataFrame({"seconds": times, "test_error": errors})


def test_seeds_that_lose_a_class_are_known(tmp_path):
    assert lost(run(tmp_path / "a", LABELS, 1.0, lost=(8,))) == [8]
    assert left_out(1, "x") and not left_out(0, "x")


@pytest.fixture(scope="module")
def losses(mnist):
    return noise.record(mnist, Plan("one_hidden", Recipe(epochs=3), (7,)))


class TestNoise:
    def test_it_is_the_training_of_fit(self, losses, mnist):
        recipe = Recipe(epochs=2)
        history = fit(build("one_hidden", seed=7), mnist, recipe, seed=7).history
        assert losses.steps.shape == (2, 25)
        assert losses.steps.mean(1) == pytest.approx(history.train_loss, rel=1e-4)

    def test_the_curves_are_the_steps_and_their_moving_mean(self, losses):
        raw, smooth = noise.plot_noise(losses).lines[:2]
        assert len(raw.get_xdata()) == 50
        series = pd.Series(raw.get_ydata(), index=raw.get_xdata())
        mean = series.rolling(losses.window).mean().dropna()
        assert smooth.get_ydata() == pytest.approx(mean)
        assert smooth.get_xdata()[0] == np.mean(series.index[: losses.window])

    def test_the_noise_is_put_into_numbers(self):
        steps = np.tile([0.2, 0.4], 1000).reshape(2, 1000)  # sd 0.1; the mean has none
        text = noise.sentence(noise.Losses(steps, np.array([0.2, 0.4] * 500), 40))
        assert says(text, "0.2", "500", "0.2", "0.4", "0.3", "0.1", "40 imágenes")
        assert "no la red" in text
        moving = noise.Losses(steps, np.full(1000, 0.3), 40)
        assert "cambia en cada paso" in noise.sentence(moving)

    def test_few_steps_and_broken_ones(self):
        few = noise.Losses(np.array([[2.0, 1.5]]), np.array([1.0, 1.0]), 40)
        assert says(noise.sentence(few), "2", "1.5", "2 pasos")
        assert noise.plot_noise(few)
        nan = noise.Losses(np.array([[2.0, np.nan]]), np.array([np.nan]), 40)
        assert says(noise.sentence(nan), "paso 2", "número finito")
        assert noise.plot_noise(nan)


class TestTemplates:
    def test_what_all_classes_share_is_taken_out(self):
        matrix = np.random.default_rng(0).normal(size=(10, 784))
        found = templates.templates(matrix, 28)
        x = np.random.default_rng(1).random(784)
        assert (found.reshape(10, -1) @ x).argmax() == (matrix @ x).argmax()
        assert np.abs(found.mean(0)).max() < 1e-12

    def test_the_middle_speaks_for_one_class_and_against_another(self):
        matrix = np.zeros((10, 28, 28))
        matrix[0, 10:18, 10:18], matrix[1, 10:18, 10:18] = -0.5, 0.5
        matrix[2] = np.where(matrix[0] == 0, 9, 0)  # only around
        flat = matrix.reshape(10, -1)
        text = templates.sentence(flat, classes=DIGITS)
        assert says(text, "«0»", "−0.50", "«1»", "0.50", "«0»", "«1»")
        axes = templates.plot_templates(flat, classes=DIGITS).get_figure().axes
        assert [ax.get_title() for ax in axes] == [*DIGITS, ""]
        assert axes[0].images[0].norm(0.0) == 0.5

    def test_a_network_of_zeros(self):
        text = templates.sentence(np.zeros((10, 784)), classes=DIGITS)
        assert says(text, "el mismo")
        assert templates.plot_templates(np.zeros((10, 784)), classes=DIGITS)


class TestSpread:
    def test_the_parts_are_those_of_the_variance(self, tmp_path):
        # a seed gets the first images right: all seeds agree but for 100 images
        runs = {"a": seeds(tmp_path, 0.9, 0.8, 0.7, lost=[None])}
        one = spread.spreads(runs)["a"]
        assert one.observed == pytest.approx(0.1)
        ax = spread.plot_spread(runs)
        assert [bar.get_width() for bar in ax.patches] == pytest.approx(
            [one.share, 1 - one.share]
        )
        text = spread.sentence(runs)
        found = f"{100 * one.share:.1f}\u202f%", "10.00", f"{100 * one.seeds:.2f}"
        assert says(text, "1000 imágenes", *found)

    def test_what_collapsed_or_has_one_seed_is_left_out(self, tmp_path):
        runs = {
            "a": seeds(tmp_path / "a", 0.9, 0.9, 0.8, 0.7, lost=[8]),
            "b": seeds(tmp_path / "b", 0.9),
            "c": seeds(tmp_path / "c", 0.9, 0.9, lost=[8, 8]),
            "d": seeds(tmp_path / "d", 0.9, 0.9),
        }
        text = spread.sentence(runs)
        assert says(text, "1 semilla de la red a", "deja")
        assert says(text, "1 semilla de la red b", "no hay dispersión")
        assert says(text, "ninguna semilla de la red c", "2 semillas de la red c")
        assert says(text, "2 semillas de la red d", "lo mismo")
        assert len(spread.plot_spread(runs).patches) == 2


class TestShift:
    def test_images_move_in_four_directions(self):
        images = torch.randint(0, 256, (8, 3, 32, 32), dtype=torch.uint8)
        moved = shift.move(images, 2)
        for i, roll in enumerate([(2, 3), (2, 2), (-2, 3), (-2, 2)]):
            expected = torch.roll(images[4 + i], roll[0], roll[1] - 1)
            inside = (slice(None), slice(2, -2), slice(2, -2))
            assert torch.equal(moved[4 + i][inside], expected[inside])
        assert torch.equal(moved[0][:, :, 0], images[0][:, :, 2])  # mirrored
        assert not shift.move(images[:, :1], 2)[0, 0, :, :2].any()  # black

    def test_half_turn_each_way_and_nothing_at_zero(self):
        images = torch.randint(0, 256, (2, 1, 28, 28), dtype=torch.uint8)
        assert torch.equal(shift.rotate(images, 0), images)
        turned = shift.rotate(images, 90)
        assert torch.equal(turned[0], images[0].rot90(1, (1, 2)))
        assert torch.equal(turned[1], images[1].rot90(-1, (1, 2)))

    def test_noise_has_its_deviation_and_is_always_the_same(self):
        grey = torch.full((50, 1, 28, 28), 128, dtype=torch.uint8)
        noisy = shift.add_noise(grey, 0.1)
        assert noisy.float().std() == pytest.approx(25.5, rel=0.02)
        assert torch.equal(noisy, shift.add_noise(grey, 0.1))

    def test_contrast_and_blur_keep_the_mean(self):
        images = torch.randint(0, 256, (4, 1, 28, 28), dtype=torch.uint8)
        for changed in (shift.fade(images, 0.2), shift.blur(images, 1)):
            assert changed.float().mean() == pytest.approx(images.float().mean(), abs=2)
            assert changed.float().std() < images.float().std() / 2

    def test_every_class_has_as_many_images(self):
        labels = torch.tensor([0, 0, 0, 1, 1, 0, 1])
        images = torch.arange(7, dtype=torch.uint8).reshape(7, 1, 1, 1)
        assert shift.even(Split(images, labels), 5).images.flatten().tolist() == [
            *(0, 1, 3, 4)
        ]

    def test_networks_are_measured_on_all(self, home, mnist):
        runs = {
            name: [store_one(mnist, seed=seed)[1] for seed in several]
            for name, several in {"a": (0, 1), "b": (2,)}.items()
        }
        found = shift.shift(runs, mnist)
        n = found.clean["a"].shape[1]
        assert found.right["a"]["ruido"].shape == (3, 2, n)
        with torch.no_grad():
            images = shift.even(mnist.test, shift.IMAGES)
            told = runs["b"][0].model()(images.images / 255).argmax(1)
        assert np.array_equal(found.clean["b"][0], (told == images.labels).numpy())
        axes = shift.plot_shift(found).get_figure().axes
        assert [ax.get_title() for ax in axes] == [d.name for d in shift.DISTORTIONS]
        assert shift.sentence(found).endswith(".")
        assert says(shift.robust(found, "a", "b"), "red a", "red b")

    def test_the_sentences_have_the_drops(self):
        right = np.zeros((2, 100), bool)
        right[0, :92], right[1, :88] = True, True

        def made(**drops):
            cut = {d.name: np.stack([right] * 3) for d in shift.DISTORTIONS}
            for name, drop in drops.items():
                cut[name][2, :, 88 - drop : 88] = False
            return cut

        both = {"a": right, "b": right}
        strong = {"a": made(traslación=40), "b": made(traslación=10, ruido=15)}
        found = shift.Shifted(both, strong)
        text = shift.sentence(found)
        assert says(text, "100 imágenes", "red a", "traslación", "90.0", "50.0")
        assert says(text, "red b", "ruido", "90.0", "75.0")
        assert says(text, "separan", "red a pierde 40.0", "red b pierde 10.0")
        assert says(shift.robust(found, "a", "b"), "red b resiste mejor", "+30.0")
        same = shift.Shifted(both, {"a": made(), "b": made()})
        assert says(shift.sentence(same), "a la red a, nada", "pierden lo mismo")
        assert "no se distingue" in shift.robust(same, "a", "b")


class TestSeconds:
    slow = (Course([30, 50], [0.6, 0.5]), Course([50, 70], [0.6, 0.6]))
    fast = (Course([10] * 12, np.arange(120, 0, -10) / 200),)

    def test_the_error_at_equal_time_is_interpolated(self):
        # 100 s, the mean of 80 and 120: the tenth epoch of the fast one
        e = seconds.at_equal_time(self.slow, self.fast, 2)
        assert (e.seconds, e.epochs, e.last) == (100, 10, None)
        assert (e.slow.mean, e.fast.mean) == pytest.approx((0.55, 0.15))
        text = seconds.sentence(e, "a", "b")
        assert says(text, "2 épocas en 1\u202fmin 40\u202fs", "55.0")
        assert says(text, "10.0 épocas", "15.0\u202f%", "40.0 puntos menos")
        assert seconds.at_equal_time(self.slow, self.fast, 1).epochs == 4
        between = (Course([8] * 20, np.linspace(0.4, 0.21, 20)),)  # 12.5 epochs
        e = seconds.at_equal_time(self.slow, between, 2)
        assert (e.epochs, e.fast.mean) == pytest.approx((12.5, 0.4 - 0.01 * 11.5))

    def test_one_that_was_not_trained_so_long_or_not_yet_an_epoch(self):
        short = (Course([10, 10], [0.5, 0.4]),)
        e = seconds.at_equal_time(self.slow, short, 2)
        found = "20.0\u202fs", "40.0\u202f%", "15.0 puntos menos"
        assert says(seconds.sentence(e, "a", "b"), "tanto", *found)
        late = seconds.at_equal_time(short, self.slow, 2)
        assert says(seconds.sentence(late, "a", "b"), "40.0\u202f%", "primera época")

    def test_the_figure_has_a_ring_at_the_epochs_asked(self):
        runs = {"a": self.slow, "b": self.fast}
        ax = seconds.plot_seconds(runs, {"a": 2, "b": 99})
        rings = [line for line in ax.lines if line.get_markersize() == 10]
        assert [line.get_xydata().tolist() for line in rings] == [[[100, 0.55]]]
        assert ax.get_xscale() == "log"
        assert ax.get_ylabel() == "error de prueba"

    def test_images_measured_besides_are_set_apart(self):
        one = Course([1, 1], [0.5, 0.5], "validation+train")
        one.labels = np.array([0, 1, 2, 3])
        one.snapshots = {"predictions": np.array([[0, 0, 2, 3], [0, 1, 0, 0]])}
        with pytest.raises(ValueError, match="validation"):
            seconds.course([one])
        assert seconds.course([one], 2)[1].tolist() == [[0.5, 0.0]]
        ax = seconds.plot_seconds({"a": [one]}, {}, first=2)
        assert ax.get_ylabel() == "error de validación"


class TestCollapse:
    def test_seeds_that_lose_are_marked_and_their_classes_counted(self, tmp_path):
        recipes = {
            "a": seeds(tmp_path / "a", 0.9, 0.9, 0.9, 0.92, 0.94, lost=[8, 8, 5]),
            "b": seeds(tmp_path / "b", 0.9, 0.9, 0.9),
        }
        text = collapse.sentence("a", recipes["a"], DIGITS)
        assert says(text, "red a", "«8», en 2 semillas", "«5», en 1 semilla")
        assert collapse.sentence("b", recipes["b"], DIGITS) == ""
        ax = collapse.plot_collapse(recipes)
        shown = {line.get_marker(): len(line.get_xdata()) for line in ax.lines[:2]}
        assert shown == {"o": 2, "D": 3}
        places = np.concatenate([line.get_xydata() for line in ax.lines[:3]])
        assert len(np.unique(places, axis=0)) == 8  # equal ones are seen as two

    def test_one_seed(self, tmp_path):
        assert collapse.plot_collapse({"a": seeds(tmp_path, 0.9, lost=[8])})


class TestUndecided:
    # right, a tie of the first two, all zero, all zero, not a number
    logits = ((0, 3, 1), (2, 2, 0), (0, 0, 0), (0, 0, 0), (np.nan, 0, 1))

    def test_ties_are_no_predictions(self):
        one = Ties(self.logits, [1, 1, 0, 2, 2])
        assert undecided.decided(one).tolist() == [1, -1, -1, -1, -1]
        table = undecided.counts(one)
        assert table.tolist() == [[0, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0, 2]]
        assert "1 imagen, no es un número" in undecided.sentence(one, "abc")

    def test_the_sentence_counts_them(self):
        text = undecided.sentence(Ties(self.logits[:4], [1, 1, 0, 2]), "abc")
        assert says(text, "semilla 3", "3 imágenes de 4", "75.0\u202f%", "2 imágenes")
        assert says(text, "una vez acierta")
        text = undecided.sentence(Ties(self.logits[2:4], [2, 2]), "abc")
        assert says(text, "todas las salidas son 0")
        assert says(text, "Son todas", "«c»", "2 imágenes", "nunca acierta")
        text = undecided.sentence(Ties(self.logits[:1], [1]), "abc")
        assert says(text, "ninguna predicción")


def test_fractions_are_worked_out():
    counts = np.array([[829, 145, 0], [112, 5, 0], [0, 0, 0]])
    text = worked(counts, 0, "8xy")
    assert r"exhaustividad $\frac{829}{974} = 0.85$" in text
    assert "Predice «8» 941 veces" in text
    assert r"precisión $\frac{829}{941} = 0.88$" in text
    assert says(worked(counts, 2, "8xy"), "ninguna imagen", "«y»", "nunca", "«y»")
    assert r"\frac{12\,345}{12\,345}" in worked(np.array([[12_345]]), 0, "a")


def test_a_chapter_of_one_seed_and_one_epoch_on_the_sample(home, mnist):
    one = [store_one(mnist, recipe=Recipe(epochs=1))[1]]
    runs = {"a": one, "b": one}
    data = replace(mnist, test=Split(mnist.test.images[:30], mnist.test.labels[:30]))
    for ax in (
        spread.plot_spread({"a": measured(one), "b": measured(one)}),
        collapse.plot_collapse({"a": measured(one)}),
        seconds.plot_seconds(runs, {"a": 1}),
        shift.plot_shift(shift.shift(runs, mnist)),
        shift.plot_shift(shift.shift(runs, data)),
    ):
        ax.get_figure().draw_without_rendering()
    e = seconds.at_equal_time(one, one, 2)
    assert says(seconds.sentence(e, "a", "b"), "1 época en 2.0\u202fs", "el mismo")
