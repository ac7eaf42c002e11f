"""Each verdict on both sides of its edge, with ties and with one seed."""

import re

import numpy as np
import pytest

from informe.report import chapters, claims
from informe.report.claims import FAILS, HOLDS, UNKNOWN

CLASSES = "ABCD"
PART = {
    "title": "MNIST",
    "claims": [{"claim": "x", "measured": "y", "verdict": HOLDS}],
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


@pytest.mark.parametrize(
    "last, verdict",
    [
        ([0.901, 0.902, 0.901], HOLDS),  # a point is not reached
        ([0.93, 0.931, 0.932], FAILS),
        ([0.90, 0.93, 0.90], UNKNOWN),  # wide
        ([0.90, 0.90, 0.90], HOLDS),  # tie
    ],
)
def test_enough_epochs(last, verdict):
    claim = claims.enough_epochs(3, [0.9] * 3, last)
    assert claim.verdict == verdict
    assert "3" in claim.claim


def test_a_tie_without_spread_cannot_be_said():
    recalls = np.full((3, 4), 0.5)
    assert claims.best("x", recalls, (0,), CLASSES).verdict == UNKNOWN
    assert claims.hardest("x", recalls, (0,), CLASSES).verdict == UNKNOWN
    assert claims.more_accurate([0.5] * 3, [0.5] * 3).verdict == UNKNOWN


def test_one_seed_cannot_be_said():
    recalls = np.array([[0.9, 0.1, 0.2, 0.3]])
    for claim in [
        claims.enough_epochs(3, [0.9], [0.5]),
        claims.collapses("tanh", [1.0]),
        claims.best("x", recalls, (0,), CLASSES),
        claims.hardest("x", recalls, (1,), CLASSES),
        claims.constant_error("la red", [0.5], [0.5]),
        claims.more_accurate([0.9], [0.1]),
        claims.similar_time([3.0], [3.0]),
        claims.configuration([0.9], [0.1], (1, 2)),
    ]:
        assert claim.verdict == UNKNOWN
        assert "[" not in claim.measured


@pytest.mark.parametrize(
    "shares, verdict",
    [([1, 1, 1], HOLDS), ([0.1, 0.2, 0.1], FAILS), ([1, 0.1, 1], UNKNOWN)],
)
def test_collapses(shares, verdict):
    assert claims.collapses("tanh", shares).verdict == verdict


@pytest.mark.parametrize(
    "which, group, verdict, found",
    [
        (claims.best, (0, 1), HOLDS, ["mejores", "A", "B", "+49.0"]),
        (claims.best, (0, 2), FAILS, ["mejores", "A", "B", "−49.0"]),
        (claims.hardest, (3,), HOLDS, ["peor", "D", "+20.0"]),
        (claims.hardest, (0,), FAILS, ["peor", "D", "−80.0"]),
    ],
)
def test_best_and_hardest_classes(which, group, verdict, found):
    recalls = np.array([[0.9, 0.8, 0.3, 0.1], [0.91, 0.79, 0.31, 0.11]] * 2)
    claim = which("x", recalls, group, CLASSES)
    assert claim.verdict == verdict
    told = r"mejores|peor|\b[A-D]\b|[+−]\d+\.\d(?= )"
    assert re.findall(told, claim.measured) == found


def test_constant_error_looks_both_ways():
    first = [0.5, 0.5, 0.5]
    for last, verdict in [
        ([0.501, 0.499, 0.5], HOLDS),
        ([0.4, 0.41, 0.4], FAILS),
        ([0.6, 0.61, 0.6], FAILS),
        ([0.4, 0.6, 0.5], UNKNOWN),
    ]:
        assert claims.constant_error("x", first, last).verdict == verdict


def test_the_networks_against_each_other():
    high, low, wide = [0.6, 0.61, 0.6], [0.5, 0.51, 0.5], [0.1, 0.9, 0.6]
    for lenet, dense, verdict in [
        (high, low, HOLDS),
        (low, high, FAILS),
        (wide, low, UNKNOWN),
        (high, [0.5], HOLDS),  # the other's spread is borrowed
    ]:
        assert claims.more_accurate(lenet, dense).verdict == verdict
        assert claims.configuration(lenet, dense, (1, 2)).verdict == verdict
        assert claims.configuration(lenet, dense, (2, 1)).verdict == FAILS


def test_times_are_similar_within_a_factor():
    for lenet, verdict in [
        ([10.0, 10.1, 10.2], HOLDS),
        ([30.0, 30.1, 30.2], FAILS),
        ([3.0, 3.1, 3.2], FAILS),
        ([5.0, 20.0, 60.0], UNKNOWN),
    ]:
        assert claims.similar_time(lenet, [10.0, 10.1, 10.2]).verdict == verdict


def test_sizes_have_no_chance_in_them():
    said = {"dense": 90_000_000, "lenet5": 245_000}
    claim = claims.sizes({"dense": 91_000_000, "lenet5": 248_000}, said)
    assert claim.verdict == HOLDS
    assert re.search("90.0 MB.* 245 kB", claim.claim)
    assert re.search("91.0 MB.* 248 kB", claim.measured)
    claim = claims.sizes({"dense": 94_000_000, "lenet5": 600_000}, said)
    assert claim.verdict == FAILS


def test_the_chapter_merges_the_parts_and_counts_verdicts():
    notebook = chapters.closing([PART, PART | {"title": "CIFAR-10"}])
    assert re.search(rf"\b2\b\D+\b2 «{HOLDS}»", notebook.cells[1].source)
    assert "CIFAR-10" in notebook.cells[2].outputs[0]["data"]["text/markdown"]
    changed = {"claim": "x", "measured": "y", "verdict": FAILS}
    other = chapters.closing([PART, PART | {"claims": [changed]}])
    assert other.cells[1].source != notebook.cells[1].source


def test_a_report_without_claims_has_no_such_chapter():
    notebook = chapters.closing([PART | {"claims": []}])
    assert "tab-claims" not in str(notebook)
