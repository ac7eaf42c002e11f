"""Each rule's verdicts on both sides of its edge, with ties and with one seed."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from scipy import stats

from informe.report import chapters, original
from informe.report.claims import classes, curves, fashion_mnist, networks, stated
from informe.report.claims.rules import FAILS, HOLDS, UNKNOWN, UNMEASURED, all_of

NAMES = "ABCD"
PART = {
    "title": "MNIST",
    "claims": [{"part": "1", "claim": "x", "measured": "y", "verdict": HOLDS}],
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


def by_epoch(*accuracies) -> SimpleNamespace:
    """An outcome with these accuracies (S,) after each epoch; 2 are asked."""
    named = {str(e): np.array(a) for e, a in enumerate(accuracies, 1)}
    return SimpleNamespace(
        accuracies=named, decision=SimpleNamespace(reference="2"), runs={}
    )


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
        tie = networks.more_accurate("3", "x", [0.5] * 3, [0.5] * 3)
        assert tie.verdict == UNMEASURED

    def test_one_seed_cannot_be_said(self):
        one, errors = matrices([9, 1], [2, 8], n=1), np.array([[0.5, 0.4, 0.1]])
        for claim in [
            classes.best("1", "x", one, (0,), "AB"),
            classes.hardest("1", "x", one, (1,), "AB"),
            classes.published("1", "x", np.ones((1, 10)), np.ones(10)),
            curves.enough_epochs("1", by_epoch([0.9], [0.9], [0.5])),
            curves.settles("1", "x", errors, 0.9),
            curves.constant("1", "x", errors),
            curves.falls_slowly("1", "x", errors),
            curves.overfits("1", "x", errors, errors),
            curves.both_settle("1", "x", errors, errors),
            curves.not_monotone("1", "x", {"a": errors}),
            networks.all_poor("1", "x", {"a": np.array([0.1])}),
            networks.collapses("1", "tanh", [1.0]),
            networks.beats_chance("1", "x", [0.9], 0.1),
            networks.far_from_competitive("1", "x", [0.1]),
            networks.more_accurate("1", "x", [0.9], [0.1]),
            networks.composition("1", "x", [0.9], [0.1], (1, 2)),
            networks.better_matrix("1", "x", np.ones((1, 2)), np.zeros((1, 2)), "AB"),
            networks.epoch_times(
                "1", ([3.0], [3.0]), (2, 10), original.SECONDS, original.EPOCHS
            ),
            networks.far_better_in_similar_time("1", "x", ([1], [0]), ([3], [3])),
        ]:
            assert claim.verdict == UNKNOWN, claim


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

    @pytest.mark.parametrize(
        "inside, seeds, verdict",
        [
            (10, 10, HOLDS), (8, 10, HOLDS), (7, 10, UNMEASURED), (5, 10, FAILS),
            (10, 9, UNKNOWN), (0, 9, UNKNOWN),
        ],
    )  # fmt: skip
    def test_published_figures(self, inside, seeds, verdict):
        ours = np.linspace(0.7, 0.8, seeds)[:, None].repeat(10, 1)
        ours[0] = np.nan  # a class that was never predicted
        theirs = np.where(np.arange(10) < inside, 0.804, 0.81)  # it is rounded
        claim = classes.published("1", "x", ours, theirs)
        assert claim.verdict == verdict
        assert re.findall(r"\d+", claim.measured) == [str(inside), "10"]


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
        claim = curves.enough_epochs("1", by_epoch([0.5] * 3, [0.9] * 3, last))
        assert claim.verdict == verdict
        assert re.findall(r"época (\d) a la (\d)", claim.measured) == [("2", "3")]

    def test_epochs_that_were_not_trained_cannot_be_said(self):
        short, one = by_epoch([0.5], [0.9]), np.array([[0.5], [0.4]])
        for claim in [
            curves.enough_epochs("1", short),
            curves.as_good_as_the_last("1", "x", 2, short, 8000),
            curves.oscillates("1", "x", one, 3),
            curves.constant("1", "x", one),
            curves.falls_slowly("1", "x", one),
            curves.overfits("1", "x", one, one),
            curves.both_settle("1", "x", one, one),
            curves.not_monotone("1", "x", {"a": one}),
        ]:
            assert claim.verdict == UNMEASURED

    @pytest.mark.parametrize(
        "wrong, verdict", [(0, HOLDS), (200, FAILS), (10, UNKNOWN)]
    )
    def test_a_single_seed_is_judged_over_images(self, wrong, verdict):
        labels, right = np.zeros(1000, int), np.zeros((1, 1000), int)
        last = np.where(np.arange(1000) < wrong, 1, 0)[None]
        outcome = SimpleNamespace(
            accuracies={"1": None, "2": np.ones(1), "3": np.array([1 - wrong / 1000])},
            predictions={"2": right, "3": last},
            labels=labels,
        )
        claim = curves.as_good_as_the_last("3", "x", 2, outcome, 8000)
        assert claim.verdict == verdict
        assert "8000" in claim.measured and "entre imágenes" in claim.measured

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
            ((0.9, 0.52, 0.515, 0.51, 0.505), HOLDS, "−0.5 "),
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

    def test_no_curve_is_monotone_if_each_rises_in_most_seeds(self):
        up, down = np.tile([0.5, 0.6], (10, 1)), np.tile([0.5, 0.4], (10, 1))
        mixed = np.concatenate([up[:5], down[:5]])
        for errors, verdict in [(up, HOLDS), (down, FAILS), (mixed, UNKNOWN)]:
            claim = curves.not_monotone("3", "x", {"a": up, "b": errors})
            assert claim.verdict == verdict
        low, high = stats.binomtest(5, 10).proportion_ci(method="wilson")
        assert f"5 de 10 semillas, 50\u202f% [{100 * low:.0f}, {100 * high:.0f}]" in (
            claim.measured
        )


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
         ([0.9, 0.901, 0.9], HOLDS, FAILS), (WIDE, UNKNOWN, UNKNOWN)],
    )  # fmt: skip
    def test_far_from_chance_and_from_a_good_network(self, accuracy, chance, good):
        assert networks.beats_chance("3", "x", accuracy, 0.1).verdict == chance
        assert networks.far_from_competitive("3", "x", accuracy).verdict == good

    def test_the_networks_against_each_other(self):
        for lenet, dense, verdict in [
            (self.HIGH, self.LOW, HOLDS),
            (self.LOW, self.HIGH, FAILS),
            (self.WIDE, self.LOW, UNKNOWN),
            (self.HIGH, [0.5], HOLDS),  # the other's spread is borrowed
        ]:
            pair = lenet, dense
            assert networks.more_accurate("3", "x", *pair).verdict == verdict
            assert networks.composition("3", "x", *pair, (1, 2)).verdict == verdict
            assert networks.composition("3", "x", *pair, (2, 1)).verdict == FAILS

    @pytest.mark.parametrize("better, verdict", [(6, HOLDS), (5, FAILS), (0, FAILS)])
    def test_a_better_matrix_has_most_recalls(self, better, verdict):
        dense = np.full((3, 10), 0.5) + np.array(NARROW)[:, None]
        lenet = dense + np.where(np.arange(10) < better, 0.2, -0.2)
        claim = networks.better_matrix("3", "x", lenet, dense, "ABCDEFGHIJ")
        assert claim.verdict == verdict
        assert re.findall(r"\d+", claim.measured) == [
            str(better), "10", str(better), str(10 - better)
        ]  # fmt: skip

    def test_a_matrix_whose_recalls_vary_is_left_open(self):
        dense = np.full((3, 10), 0.5) + np.array(WIDE)[:, None]
        claim = networks.better_matrix("3", "x", dense + 0.1, dense, "ABCDEFGHIJ")
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
        claim = networks.epoch_times(
            "3", (dense, [10.0] * 3), (2, 10), original.SECONDS, original.EPOCHS
        )
        assert claim.verdict == verdict
        assert "2.8" in claim.claim and "0.56" in claim.claim
        if dense[0] == 5.6:
            assert re.findall(r"(\d\.\d+) \[", claim.measured) == ["2.8", "0.56"]

    @pytest.mark.parametrize(
        "seconds, gain, verdict",
        [(1.0, 0.2, HOLDS), (1.0, 0.05, FAILS), (0.1, 0.2, HOLDS), (3.0, 0.2, FAILS)],
    )
    def test_far_better_in_similar_time(self, seconds, gain, verdict):
        dense, times = np.array(self.LOW), np.array([10.0, 10.1, 10.2])
        claim = networks.far_better_in_similar_time(
            "3", "x", (dense + gain, dense), (seconds * times, times)
        )
        assert claim.verdict == verdict

    def test_sizes_have_no_chance_in_them(self):
        said = {"dense": 90_000_000, "lenet5": 245_000}
        claim = networks.sizes("3", {"dense": 91_000_000, "lenet5": 248_000}, said)
        assert claim.verdict == HOLDS
        assert re.search(r"90.0\sMB.* 245\skB", claim.claim)
        assert re.search(r"91.0\sMB.* 248\skB", claim.measured)
        claim = networks.sizes("3", {"dense": 94_000_000, "lenet5": 600_000}, said)
        assert claim.verdict == FAILS


def test_seeds_that_lose_a_class_do_not_speak_for_the_original():
    whole = 90 * np.eye(10, dtype=int) + 1
    whole[[0, 2, 4, 6], [6, 4, 2, 0]] += 30  # the others are better, and these confused
    lost = np.roll(whole, 1, axis=1)
    lost[:, 3] = 0
    runs = [SimpleNamespace(confusion=c) for c in (whole, lost, whole)]
    short = by_epoch([0.5], [0.9])
    _, best, confused = fashion_mnist(runs, short, "0123456789")
    assert (best.verdict, confused.verdict) == (HOLDS, HOLDS)
    _, best, _ = fashion_mnist(runs[1:2], short, "0123456789")
    assert best.verdict == UNKNOWN  # there is no other


def test_the_rules_state_every_bound():
    for bound in ("0.5", "90", "94", "99", "10 puntos", "2 veces", "5", "Wilson"):
        assert bound in stated.rules()


def test_the_chapter_merges_the_parts_and_counts_verdicts():
    notebook = chapters.closing([PART, PART | {"title": "CIFAR-10"}])
    assert re.search(r"\b2 afirmaciones.* 2 se sostienen", notebook.cells[1].source)
    shown = notebook.cells[2].outputs[0]["data"]["text/markdown"]
    assert shown.count(f"| 1 | x | y | {HOLDS} |") == 2
    changed = PART["claims"][0] | {"verdict": FAILS}
    other = chapters.closing([PART, PART | {"claims": [changed]}])
    assert other.cells[1].source != notebook.cells[1].source


def test_a_report_without_claims_has_no_such_chapter():
    notebook = chapters.closing([PART | {"claims": []}])
    assert "tab-claims" not in str(notebook)
