"""Each rule's verdicts on both sides of its edge, with ties and with one seed."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.api import OLS

from informe.experiments.overfitting import Course
from informe.report import chapters, claims, original
from informe.report.claims import classes, curves, networks, stated
from informe.report.claims.rules import FAILS, HOLDS, UNKNOWN, UNMEASURED, all_of
from tests.support.measured import LABELS, recipe
from tests.support.prose import says

NAMES = "ABCD"
PART = {
    "title": "MNIST",
    "name": "mnist",
    "dataset": "mnist",
    "rules": "Cada veredicto sale de una regla.",
    "claims": [
        {"part": "1", "claim": "x", "measured": "y", "verdict": HOLDS, "stands": True}
    ],
    "networks": {
        "r": {
            "machine": {
                "gpu": None, "cores": 2, "processor": "p", "system": "s",
                "python": "3", "torch": "2",
            },
            "seeds": [0],
            "runs": ["k"],
        }
    },
}  # fmt: skip
WIDE = (-0.5, 0.5, 0.0)  # added to three seeds, it makes any interval wide
NARROW = (0.0, 0.001, -0.001)


def matrices(*rows, n: int = 4) -> np.ndarray:
    """Confusion matrices of `n` seeds, all about the same."""
    counts = np.array(rows)
    return np.stack([counts + s * np.eye(len(counts), dtype=int) for s in range(n)])


def course(*errors, seeds: int = 1) -> Course:
    """A training with these validation errors after each epoch, 2 of them asked."""
    wrong = [np.arange(1000) < round(1000 * e) for e in errors]
    predictions = np.stack([np.where(w, LABELS + 1, LABELS) for w in wrong])
    learnt = np.tile(np.array(errors) / 2, (seeds, 1))
    return Course(2, [None] * seeds, np.stack([predictions] * seeds), LABELS, learnt)


TEN = (0.6, 0.5, *[0.45] * 7)  # errors of nine epochs


def curve(*errors, spread=NARROW) -> np.ndarray:
    """Errors (3, E) of three seeds; the last epoch's differ by `spread`."""
    last = np.zeros(len(errors))
    last[-1] = 1
    return np.array(errors) + np.outer(spread, last)


class TestVerdict:
    @pytest.mark.parametrize(
        "verdicts, whole",
        [
            ((HOLDS, HOLDS), HOLDS),
            ((HOLDS, FAILS, UNMEASURED), FAILS),
            ((HOLDS, UNKNOWN), UNKNOWN),
            ((UNKNOWN, UNMEASURED), UNMEASURED),
        ],
    )
    def test_a_claim_with_several_conditions(self, verdicts, whole):
        assert all_of(*verdicts) == whole

    def test_a_tie_without_spread_is_not_for_more_seeds_to_decide(self):
        flat = np.full((3, 2), 0.5)
        assert curves.overfits("3", "x", flat, flat).verdict == UNMEASURED

    def test_one_seed_cannot_be_said(self):
        one, errors = matrices([9, 1], [2, 8], n=1), np.array([[0.5, 0.4, 0.1]])
        good, bad = recipe([0.9], parameters=1), recipe([0.1])
        for claim in [
            classes.best("1", "x", one, (0,), "AB"),
            classes.hardest("1", "x", one, (1,), "AB"),
            classes.published("1", "x", np.ones((1, 10)), np.ones(10)),
            curves.enough_epochs("1", errors, 2),
            curves.settles("1", "x", errors, 0.9),
            curves.constant("1", "x", errors),
            curves.falls_slowly("1", "x", errors),
            curves.overfits("1", "x", errors, errors),
            curves.both_settle("1", "x", errors, errors),
            curves.not_monotone("1", "x", {"a": errors}),
            networks.all_poor("1", "x", {"a": np.array([0.1])}),
            networks.collapses("1", "tanh", [1.0]),
            networks.beats_chance("1", "x", good.right, 0.1),
            networks.far_from_competitive("1", "x", bad.right),
            networks.more_accurate("1", "x", good, bad),
            networks.composition("1", "x", good, bad),
            networks.better_matrix("1", "x", good, bad),
            networks.epoch_times("1", bad, good, original.SECONDS, original.EPOCHS),
            networks.far_better_in_similar_time("1", "x", good, bad),
        ]:
            assert claim.verdict == UNKNOWN, claim
            assert "nan" not in claim.measured and "—" not in claim.measured


class TestClasses:
    COUNTS = matrices([90, 10, 0, 0], [20, 80, 0, 0], [0, 70, 30, 0], [0, 0, 90, 10])

    @pytest.mark.parametrize(
        "which, group, verdict, found",
        [
            (classes.best, (0, 1), HOLDS, ["mejores", "A", "B"]),
            (classes.best, (0, 2), FAILS, ["mejores", "A", "B"]),
            (classes.hardest, (3,), HOLDS, ["peor", "D"]),
            (classes.hardest, (0,), FAILS, ["peor", "D"]),
        ],
    )
    def test_the_best_and_the_hardest(self, which, group, verdict, found):
        claim = which("1", "x", self.COUNTS, group, NAMES)
        assert claim.verdict == verdict
        assert re.findall(r"mejores|peor\b|\b[A-D]\b", claim.measured) == found

    def test_seeds_that_disagree_leave_it_open(self):
        seeds = np.stack([[[9, 1], [5, 5]], [[5, 5], [1, 9]], [[9, 1], [2, 8]]])
        assert classes.best("1", "x", seeds, (0,), "AB").verdict == UNKNOWN

    @pytest.mark.parametrize(
        "group, others, verdict",
        [
            ((2, 3), (1, 2), HOLDS),  # C is taken for B, D for C
            ((2, 3), (1,), FAILS),  # D is not
            ((0, 1), (0, 1), HOLDS),  # with each other
        ],
    )
    def test_what_is_confused(self, group, others, verdict):
        claim = classes.confused("1", "x", self.COUNTS, group, others, NAMES)
        assert claim.verdict == verdict
        if group == (2, 3):
            assert "C → B" in claim.measured and "D → C" in claim.measured

    def test_a_perfect_matrix_has_no_best_class(self):
        perfect = np.stack([10 * np.eye(4, dtype=int)] * 3)
        claim = classes.best("1", "x", perfect, (0, 1), NAMES)
        assert claim.verdict == UNMEASURED and "empate" in claim.measured
        claim = classes.confused("1", "x", perfect, (0, 1), (1, 2), NAMES)
        assert claim.verdict == UNMEASURED and says(claim.measured, "A", "sin errores")

    @pytest.mark.parametrize(
        "inside, seeds, verdict",
        [
            (10, 10, HOLDS), (8, 10, HOLDS), (7, 10, UNMEASURED), (5, 10, FAILS),
            (10, 9, UNKNOWN), (0, 9, UNKNOWN),
        ],
    )  # fmt: skip
    def test_published_figures(self, inside, seeds, verdict):
        rng = np.random.default_rng(0)
        ours = rng.normal(0.7, 0.02, seeds)[:, None].repeat(10, 1)
        _, high = classes.foretold(ours[:, 0])
        ours = np.concatenate([ours, np.full((1, 10), np.nan)])[-seeds:]
        _, high = classes.foretold(ours[:-1, 0])
        near, far = high + 0.004, high + 0.006  # the original's are rounded
        theirs = np.where(np.arange(10) < inside, near, far)
        claim = classes.published("1", "x", ours, theirs)
        assert claim.verdict == verdict
        if seeds == 10:
            assert re.findall(r"\d+", claim.measured) == [str(inside), "10"]

    def test_one_more_seed_lies_where_statsmodels_foretells_it(self):
        values = np.array([0.70, 0.72, 0.69, 0.75, 0.71])
        fit = OLS(values, np.ones(5)).fit().get_prediction([1])
        expected = fit.summary_frame()[["obs_ci_lower", "obs_ci_upper"]].iloc[0]
        assert classes.foretold(values) == pytest.approx(tuple(expected))

    def test_a_diagonal_that_adds_up_to_more_than_one_has_another_divisor(self):
        claim = classes.normalised_by_total("1", "x", original.RECALL)
        assert claim.verdict == FAILS and "8.82" in claim.measured
        half = classes.normalised_by_total("1", "x", original.RECALL / 10)
        assert half.verdict == UNMEASURED


class TestCurves:
    @pytest.mark.parametrize(
        "last, verdict",
        [
            ([0.901, 0.902, 0.901], HOLDS),  # half a point is not reached
            ([0.93, 0.931, 0.932], FAILS),
            ([0.90, 0.93, 0.90], UNKNOWN),
            ([0.90, 0.90, 0.90], HOLDS),
        ],
    )
    def test_enough_epochs(self, last, verdict):
        errors = 1 - np.array([[0.5] * 3, [0.9] * 3, last]).T
        claim = curves.enough_epochs("1", errors, 2)
        assert claim.verdict == verdict and claim.claim == "Bastan 2 épocas"
        assert re.findall(r"época (\d) a la (\d)", claim.measured) == [("2", "3")]

    def test_epochs_that_were_not_trained_cannot_be_said(self):
        one = np.array([[0.5], [0.4]])
        for claim in [
            curves.enough_epochs("1", one, 3),
            curves.as_good_as("1", "x", course(*TEN), 2, 10),
            curves.oscillates("1", "x", one, 3),
            curves.settles("1", "x", one, 0.9),
            curves.constant("1", "x", one),
            curves.falls_slowly("1", "x", one),
            curves.overfits("1", "x", one, one),
            curves.both_settle("1", "x", one, one),
            curves.not_monotone("1", "x", {"a": one}),
        ]:
            assert claim.verdict == UNMEASURED

    @pytest.mark.parametrize(
        "last, verdict", [(0.5, HOLDS), (0.3, FAILS), (0.7, FAILS), (0.49, UNKNOWN)]
    )
    def test_two_epochs_like_ten(self, last, verdict):
        # what comes after the tenth epoch is no part of the claim
        claim = curves.as_good_as("3", "x", course(*TEN, last, 0.1), 2, 10)
        assert claim.verdict == verdict
        assert says(claim.measured, "época 2 a la 10", "1 semilla")
        gap = f"{100 * (last - 0.5):+.1f}".replace("-", "−").replace("+0.0", "0.0")
        assert f"{gap}\u00a0[" in claim.measured

    def test_what_a_longer_training_adds(self):
        assert curves.beyond(course(0.5, 0.4), 2, -0.1) == ""
        text = curves.beyond(course(*TEN), 2, -0.15, " por época")
        assert says(text, "con 9 épocas, −15.0 por época", "1 semilla")
        assert says(curves.beyond(course(*TEN, seeds=3), 2, 0.1), "3 semillas")

    @pytest.mark.parametrize(
        "errors, verdict",
        [((0.14, 0.12, 0.10), HOLDS), ((0.5, 0.3, 0.1), FAILS)],
    )
    def test_an_error_settles_in_its_first_epoch(self, errors, verdict):
        # by hand: of the fall from 0.9 to 0.1, 0.76 of 0.80 and 0.4 of 0.8
        claim = curves.settles("1", "x", curve(*errors), 0.9)
        assert claim.verdict == verdict
        assert ("95.0" if verdict == HOLDS else "50.0") in claim.measured

    def test_a_network_that_never_learns_does_not_settle(self):
        errors = np.full((3, 2), 0.9)
        assert curves.settles("1", "x", errors, 0.9).verdict == UNMEASURED

    @pytest.mark.parametrize(
        "errors, verdict",
        [
            ((0.3, 0.1, 0.11, 0.10), HOLDS),
            ((0.3, 0.1, 0.09, 0.05), FAILS),  # a trend
            ((0.3, 0.1, 0.099, 0.098), FAILS),  # never up
        ],
    )
    def test_an_error_oscillates(self, errors, verdict):
        seeds = np.tile(errors, (10, 1))
        claim = curves.oscillates("1", "x", seeds, 2)
        assert claim.verdict == verdict
        assert f"en {10 * (errors[2] > 0.1)} de 10" in claim.measured

    @pytest.mark.parametrize(
        "last, spread, verdict",
        [(0.5, NARROW, HOLDS), (0.4, NARROW, FAILS), (0.6, NARROW, FAILS),
         (0.5, WIDE, UNKNOWN)],
    )  # fmt: skip
    def test_a_constant_error_looks_both_ways(self, last, spread, verdict):
        claim = curves.constant("3", "x", curve(0.5, 0.45, last, spread=spread))
        assert claim.verdict == verdict

    @pytest.mark.parametrize(
        "errors, verdict, by_epoch",
        [
            ((0.9, 0.52, 0.515, 0.51, 0.505), HOLDS, "−0.5\u00a0"),
            ((0.9, 0.52, 0.5, 0.4, 0.3), FAILS, "−7.3"),  # not slowly
            ((0.9, 0.5, 0.5, 0.5, 0.52), FAILS, "+0.7"),  # it rises
        ],
    )
    def test_the_end_of_a_curve(self, errors, verdict, by_epoch):
        claim = curves.falls_slowly("3", "x", curve(*errors))
        assert claim.verdict == verdict
        assert by_epoch in claim.measured
        if verdict == HOLDS:
            both = curves.both_settle("3", "x", curve(*errors), curve(*errors))
            assert both.verdict == HOLDS

    def test_an_error_that_rises_does_not_settle(self):
        falls, up = curve(0.9, 0.5, 0.5), curve(0.5, 0.6, 0.6)
        assert curves.both_settle("3", "x", falls, up).verdict == FAILS

    def test_overfitting_is_a_test_error_that_falls_behind(self):
        flat, falls = curve(0.5, 0.5), curve(0.5, 0.4, spread=(0, 0, 0))
        assert curves.overfits("3", "x", falls, flat).verdict == HOLDS
        assert curves.overfits("3", "x", flat, falls).verdict == FAILS
        wide = curve(0.5, 0.5, spread=WIDE)
        assert curves.overfits("3", "x", falls, wide).verdict == UNKNOWN
        # a training error that only comes down to the test error is none
        behind = curve(0.7, 0.52), curve(0.5, 0.5)
        assert curves.overfits("3", "x", *behind).verdict == FAILS

    def test_no_curve_is_monotone_if_each_rises_in_most_seeds(self):
        up, down = np.tile([0.5, 0.6], (10, 1)), np.tile([0.5, 0.4], (10, 1))
        mixed = np.concatenate([up[:5], down[:5]])
        for errors, verdict in [(up, HOLDS), (down, FAILS), (mixed, UNKNOWN)]:
            claim = curves.not_monotone("3", "x", {"a": up, "b": errors})
            assert claim.verdict == verdict
        low, high = stats.binomtest(5, 10).proportion_ci()
        ends = f"[{100 * low:.0f}, {100 * high:.0f}]\u202f%"
        assert says(claim.measured, f"5 de 10 semillas {ends}")


class TestNetworks:
    HIGH, LOW, WIDE = [0.6, 0.61, 0.6], [0.4, 0.41, 0.4], [0.1, 0.9, 0.6]

    @pytest.mark.parametrize(
        "other, verdict",
        [(LOW, HOLDS), ([0.95, 0.951, 0.95], FAILS), (WIDE, UNKNOWN)],
    )
    def test_all_losses_are_poor(self, other, verdict):
        found = {"a": np.array(self.HIGH), "b": np.array(other)}
        assert networks.all_poor("1", "x", found).verdict == verdict

    @pytest.mark.parametrize(
        "shares, verdict",
        [([1, 1, 1], HOLDS), ([0.1, 0.2, 0.1], FAILS), ([1, 0.1, 1], UNKNOWN)],
    )
    def test_collapses(self, shares, verdict):
        assert networks.collapses("1", "tanh", shares).verdict == verdict

    @pytest.mark.parametrize(
        "accuracy, chance, good",
        [(LOW, HOLDS, HOLDS), ([0.15, 0.151, 0.15], FAILS, HOLDS),
         ([0.9, 0.901, 0.9], HOLDS, FAILS), ([0.1, 0.95, 0.2], UNKNOWN, UNKNOWN)],
    )  # fmt: skip
    def test_far_from_chance_and_from_a_good_network(self, accuracy, chance, good):
        right = recipe(accuracy).right
        assert networks.beats_chance("3", "x", right, 0.1).verdict == chance
        assert networks.far_from_competitive("3", "x", right).verdict == good

    def test_the_networks_against_each_other(self):
        for lenet, dense, verdict in [
            (self.HIGH, self.LOW, HOLDS),
            (self.LOW, self.HIGH, FAILS),
            (self.WIDE, self.LOW, UNKNOWN),
            (self.HIGH, self.LOW[:2], UNKNOWN),  # too few of one
        ]:
            a, b = recipe(lenet, parameters=1), recipe(dense, parameters=2)
            assert networks.more_accurate("3", "x", a, b).verdict == verdict
            assert networks.composition("3", "x", a, b).verdict == verdict
        few = recipe(self.LOW, parameters=1)  # nothing is said of such a dense network
        assert networks.composition("3", "x", a, few).verdict == UNMEASURED

    @pytest.mark.parametrize("better, verdict", [(8, HOLDS), (5, FAILS), (2, FAILS)])
    def test_a_better_matrix_has_most_recalls(self, better, verdict):
        lenet, dense = recipe([0.7] * 3), recipe([0.7] * 3)
        for m, classes_ in ((dense, range(better)), (lenet, range(better, 10))):
            there = np.isin(LABELS, list(classes_))
            m.predictions[:, there] = (LABELS[there] + 3) % 10  # none of them is found
        claim = networks.better_matrix("3", "x", lenet, dense)
        assert claim.verdict == verdict
        assert re.findall(r"\d+", claim.measured) == [
            str(better), "10", str(better), str(better)
        ]  # fmt: skip

    def test_a_matrix_whose_recalls_vary_is_left_open(self):
        claim = networks.better_matrix("3", "x", recipe(self.HIGH), recipe(self.WIDE))
        assert claim.verdict == UNKNOWN

    @pytest.mark.parametrize(
        "dense, verdict",
        [
            ([5.6, 5.61, 5.6], HOLDS),  # in all 0.56 times, as the original says
            ([10.0, 10.1, 10.2], HOLDS),
            ([60.0, 60.1, 60.2], FAILS),
            ([1.0, 1.01, 1.02], FAILS),
            ([2.0, 20.0, 60.0], UNKNOWN),
        ],
    )
    def test_times_are_compared_by_their_ratios(self, dense, verdict):
        slow = recipe(self.LOW, seconds=np.array(dense), epochs=2)
        fast = recipe(self.LOW, seconds=np.full(3, 10.0), epochs=10)
        said = original.SECONDS, original.EPOCHS
        claim = networks.epoch_times("3", slow, fast, *said)
        assert claim.verdict == verdict
        assert "2.8" in claim.claim and "0.56" in claim.claim
        if dense[0] == 5.6:
            assert re.findall(r"(\d\.\d+)\s\[", claim.measured) == ["2.8", "0.56"]
        if dense[0] == 10.0:
            assert "veces" not in claim.measured  # 1.0 times are none

    @pytest.mark.parametrize(
        "seconds, gain, verdict",
        [(1.0, 0.2, HOLDS), (1.0, 0.05, FAILS), (0.1, 0.2, HOLDS), (3.0, 0.2, FAILS)],
    )
    def test_far_better_in_similar_time(self, seconds, gain, verdict):
        times = np.array([10.0, 10.1, 10.2])
        lenet = recipe([x + gain for x in self.LOW], seconds=seconds * times)
        dense = recipe(self.LOW, seconds=times)
        claim = networks.far_better_in_similar_time("3", "x", lenet, dense)
        assert claim.verdict == verdict

    def test_sizes_have_no_chance_in_them(self):
        said = {"dense": 90_000_000, "lenet5": 245_000}
        claim = networks.sizes("3", {"dense": 94_500_000, "lenet5": 249_000}, said)
        assert claim.verdict == HOLDS
        assert re.search(r"90.0\sMB.* 245\skB", claim.claim)
        assert re.search(r"94.5\sMB.* 249\skB", claim.measured)
        claim = networks.sizes("3", {"dense": 94_000_000, "lenet5": 270_000}, said)
        assert claim.verdict == FAILS


def test_seeds_that_lose_a_class_do_not_speak_for_the_original():
    whole = 90 * np.eye(10, dtype=int) + 1
    whole[[0, 2, 4, 6], [6, 4, 2, 0]] += 30  # the others are better, and these confused
    lost = np.roll(whole, 1, axis=1)
    lost[:, 3] = 0
    errors = pd.DataFrame({"test_error": [0.2, 0.1]})
    runs = [SimpleNamespace(confusion=c, history=errors) for c in (whole, lost, whole)]
    _, best, confused = claims.fashion_mnist(runs, "0123456789")
    assert (best.verdict, confused.verdict) == (HOLDS, HOLDS)
    _, best, _ = claims.fashion_mnist(runs[1:2], "0123456789")
    assert best.verdict == UNKNOWN  # there is no other


@pytest.mark.parametrize("seeds, epochs", [(10, 10), (1, 10), (2, 2), (1, 1)])
def test_every_claim_has_a_row_whatever_was_trained(seeds, epochs):
    def trained(accuracy, n):
        m = recipe([accuracy + s / 100 for s in range(seeds)], epochs=n)
        fall = np.linspace(0.9, 1 - accuracy, n)
        errors = pd.DataFrame({"train_error": fall - 0.1, "test_error": fall})
        return [
            SimpleNamespace(
                confusion=m.counts[s], history=errors, predictions=m.predictions[s],
                labels=m.labels, seconds=4.0, seed=s, key=str(s), parameters=6277,
                bytes=9, logits=np.zeros((1000, 10)),
            )
            for s in range(seeds)
        ]  # fmt: skip

    several = {"a": np.full(seeds, 0.5), "b": np.full(seeds, 0.6)}
    tried = SimpleNamespace(
        accuracies=several, most_predicted=lambda _: np.full(seeds, 0.2)
    )
    short = {"densa": trained(0.4, min(epochs, 2)), "LeNet-5": trained(0.6, epochs)}
    longer = course(*[0.5] * min(5 * epochs, 10))
    found = [
        *claims.mnist(short["LeNet-5"], {"loss": tried, "output": tried}, "0123456789"),
        *claims.fashion_mnist(short["LeNet-5"], "0123456789"),
        *claims.cifar10(short, longer, "0123456789"),
    ]
    assert len(found) == len({(c.part, c.claim) for c in found}) == 35
    for row in found:
        assert "nan" not in row.measured and "—" not in row.measured, row
        assert "1 épocas" not in row.measured and "1 semillas" not in row.measured
        assert "|" not in row.claim + row.measured


def test_the_rules_state_every_bound():
    for bound in ("0.5", "90", "94", "99", "10 puntos", "2 veces", "exacto"):
        assert bound in stated.rules()
    assert "{" not in stated.rules() and " %" not in stated.rules()


def test_the_chapter_merges_the_parts_and_counts_verdicts():
    notebook = chapters.closing([PART, PART | {"title": "CIFAR-10"}])
    assert re.search(r"\b2 afirmaciones.*, 2 se sostienen", notebook.cells[1].source)
    shown = notebook.cells[2].outputs[0]["data"]["text/markdown"]
    assert shown.count(f"| 1 | x | y | {HOLDS} |") == 2
    changed = PART["claims"][0] | {"verdict": FAILS, "stands": False}
    other = chapters.closing([PART, PART | {"claims": [changed]}])
    assert re.search(r"1 se sostiene y 1 no se sostiene", other.cells[1].source)


def test_a_report_without_claims_has_no_such_chapter():
    notebook = chapters.closing([PART | {"claims": []}])
    assert "tab-claims" not in str(notebook)
