"""The report's statistics, against documented examples, hand counts and simulations."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from helpers.uncertainty import compare
from informe import statistics
from informe.statistics import many_to_one, superiority, verdict

# Thomson and Short (1969), in the documentation of scipy.stats.dunnett
MUCUS = {
    "control": np.array([2.9, 3.0, 2.5, 2.6, 3.2]),
    "a": np.array([3.8, 2.7, 4.0, 2.4]),
    "b": np.array([2.8, 3.4, 3.7, 2.2, 2.0]),
}


def right(rng, hard, skills):
    """Which images (N,) of some difficulty each network of some skill gets right."""
    shares = np.clip(hard + skills[:, None], 0, 1)
    return rng.random(shares.shape) < shares


def test_one_seed_each_is_the_paired_bootstrap_of_images():
    rng = np.random.default_rng(1)
    labels, p, q = rng.integers(0, 2, (3, 2000))
    found = statistics.crossed((p == labels)[None], (q == labels)[None])
    pair = compare(labels, p, q)
    assert found.mean == pytest.approx(pair.difference)
    assert (found.low, found.high) == pytest.approx((pair.low, pair.high), abs=0.003)


def test_the_crossed_interval_holds_the_true_difference_of_simulated_recipes():
    """Of recipes whose images are unequally hard and whose seeds unequally good."""
    held = []
    for trial in range(60):
        rng = np.random.default_rng(trial)
        hard = rng.uniform(0.6, 0.9, 300)  # the images drawn for this test
        a, b = (right(rng, hard, rng.normal(mean, 0.02, 15)) for mean in (0.03, 0.0))
        e = statistics.crossed(a, b)
        held.append(e.low <= 0.03 <= e.high)
    assert np.mean(held) >= 0.88  # 0.95 but for the chance of 60 trials
    assert statistics.crossed(a, b) == e and e.n == 15


def test_a_mean_varies_with_its_seeds_and_its_images():
    rng = np.random.default_rng(0)
    hard, skills = rng.uniform(0.6, 0.9, 1000), rng.normal(0, 0.03, 40)
    a = right(rng, hard, skills)
    e = statistics.crossed_mean(a)
    seeds, images = a.mean(1).var() / 40, a.mean(0).var() / 1000
    half = 1.96 * np.sqrt(seeds + images)
    assert e.mean == pytest.approx(a.mean())
    assert (e.high - e.low) / 2 == pytest.approx(half, rel=0.1)


BLOOD = {  # scipy's example for dunnett, from Dunnett (1955)
    "control": np.array([7.40, 8.50, 7.20, 8.24, 9.84, 8.32]),
    "a": np.array([9.76, 8.80, 7.68, 9.36]),
    "b": np.array([12.80, 9.68, 12.16, 9.20, 10.55]),
}


def test_many_to_one_is_dunnetts_documented_example():
    found = many_to_one(BLOOD, "control")
    assert [found[k].p for k in "ab"] == pytest.approx([0.62005, 0.00589], abs=1e-4)
    assert found["a"].mean == pytest.approx(8.9 - 8.25)
    assert many_to_one(BLOOD, "control") == found


def test_interval_and_p_value_agree():
    gaps = many_to_one(BLOOD | {"c": MUCUS["b"] + 9}, "control")
    assert [not g.low <= 0 <= g.high for g in gaps.values()] == [False, True, True]
    assert [g.p < 0.05 for g in gaps.values()] == [False, True, True]


def test_groups_without_spread_and_of_one_seed():
    found = many_to_one({"a": [0.5, 0.5], "b": [0.5, 0.5], "c": [0.75, 0.75]}, "a")
    assert [(g.mean, g.low, g.p) for g in found.values()] == [
        (0, 0, 1),
        (0.25, 0.25, 0),
    ]
    one = many_to_one({"a": [0.5], "b": [0.6]}, "a")["b"]
    assert one.mean == pytest.approx(0.1) and np.isnan([one.low, one.high, one.p]).all()
    mixed = many_to_one({"a": [0.5, 0.6, 0.55], "b": [0.9]}, "a")["b"]
    assert mixed.low < 0.35 < mixed.high
    flat = many_to_one({"a": [0.5, 0.6, 0.55], "b": [0.9] * 3}, "a")["b"]
    assert 0 < flat.low < 0.35 < flat.high
    assert many_to_one({"a": [0.5, 0.6]}, "a") == {}


def test_one_restless_group_does_not_hide_what_the_others_show():
    groups = {
        "a": [0.9107, 0.9137, 0.9142, 0.9152, 0.9175],
        "b": [0.8, 0.81, 0.825, 0.83, 0.84],
        "c": [0.9027, 0.9034, 0.9042, 0.9048, 0.9058],
    }
    found = many_to_one(groups, "a")["c"]
    test = stats.ttest_ind(groups["c"], groups["a"], equal_var=False)
    ends = test.confidence_interval(0.975)  # two comparisons
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high))
    assert found.p == pytest.approx(2 * test.pvalue) and found.high < 0


def test_trend_is_pages_documented_example_in_both_directions():
    # Siegel and Castellan, in the documentation of scipy.stats.page_trend_test:
    # ratings by 10 students of three teaching methods, expected to rise
    ratings = np.array(
        [
            *([3, 4, 3], [2, 2, 4], [3, 3, 5], [1, 3, 2], [2, 3, 2]),
            *([2, 4, 5], [1, 2, 4], [3, 4, 4], [2, 4, 5], [1, 3, 4]),
        ]
    )
    p = stats.page_trend_test(ratings).pvalue
    assert p == pytest.approx(0.0018191161948127822)
    assert statistics.trend(ratings) == statistics.trend(-ratings) == 2 * p
    assert statistics.rises(ratings) and not statistics.rises(-ratings)
    assert np.isnan(statistics.trend(ratings[:2]))
    assert np.isnan(statistics.trend(ratings[:, :2]))
    assert statistics.trend(np.ones((3, 3))) == 1


def test_superiority_is_brunner_and_munzels_documented_example():
    # pain scores, in the documentation of scipy.stats.brunnermunzel
    a = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1]
    b = [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4]
    share, p = superiority(a, b)
    wins = sum((x > y) + (x == y) / 2 for x in a for y in b) / 154
    assert share == pytest.approx(wins) and p == pytest.approx(0.0057862086661515377)


@pytest.mark.parametrize(
    ("a", "b", "share", "p"),
    [
        ([3, 4, 5], [0, 1, 2], 1, 2 / math.comb(6, 3)),
        ([0, 0], [1, 1, 1], 0, 2 / math.comb(5, 2)),
        ([1, 1], [1, 1], 0.5, 1),
        ([1], [0, 2], 0.5, np.nan),
    ],
)
def test_superiority_where_there_is_no_variance(a, b, share, p):
    assert superiority(a, b) == pytest.approx((share, p), nan_ok=True)


def test_so_many_seeds_have_the_power_asked_for():
    a, b = [0.90, 0.92, 0.94], [0.88, 0.92, 0.90]  # pooled sd 0.02: half of it is 0.01
    n = statistics.seeds_needed(a, b)
    power = [TTestIndPower().power(0.5, k, 0.05) for k in (n - 1, n)]
    assert power[0] < 0.8 <= power[1]
    assert n == 64  # Cohen (1988), table 2.4.1: d = 0.5, power 0.80, two-sided 5 %
    assert statistics.seeds_needed([0.9, 0.9], [0.8, 0.8]) == 2
    assert statistics.seeds_needed([0.9, 0.901], [0.8]) == 2
    with pytest.raises(ValueError, match="no spread"):
        statistics.seeds_needed([0.9], [0.8])


def test_the_exact_interval_by_its_definition():
    low, high = statistics.exact(3, 10)
    assert stats.binom.sf(2, 10, low) == pytest.approx(0.025)
    assert stats.binom.cdf(3, 10, high) == pytest.approx(0.025)
    assert statistics.exact(0, 10)[0] == 0 and statistics.exact(10, 10)[1] == 1


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [
        (0.001, 0.02, "more"),
        (-0.02, -0.001, "less"),
        (-0.004, 0.003, "equal"),
        (0.001, 0.004, "equal"),  # real but below the margin
        (-0.001, 0.02, "open"),
        (np.nan, np.nan, "open"),
    ],
)
def test_verdicts(low, high, found):
    assert verdict(low, high) == found


def test_the_spread_of_a_table_by_hand():
    # rows 1 1 0 and 0 1 0: means 2/3 and 1/3, columns 1/2 1 0, grand 1/2.
    # residuals ±(1/3, -1/6, -1/6): sum of squares 2 (1/9 + 1/36 + 1/36) = 1/3,
    # over (2 - 1)(3 - 1) = 2 degrees of freedom 1/6, over 3 images 1/18;
    # the variance of the means is 2 (1/6)² = 1/18: nothing is left
    found = statistics.spread(np.array([[1, 1, 0], [0, 1, 0]]))
    expected = [1 / 18**0.5, 1 / 18**0.5, 0, 1]
    assert [found.observed, found.images, found.seeds, found.share] == pytest.approx(
        expected, abs=1e-7
    )
    assert np.isnan(statistics.spread(np.ones((1, 5))).share)
    assert np.isnan(statistics.spread(np.ones((2, 5))).share)


@pytest.mark.parametrize("own", [0.0, 0.02])
def test_the_spread_of_simulated_networks_is_found_again(own):
    """Their true accuracies vary by `own`; 1000 images add a part known from theory."""
    rng = np.random.default_rng(0)
    shares = np.clip(rng.uniform(0.5, 0.9, 1000) + rng.normal(0, own, (400, 1)), 0, 1)
    found = statistics.spread(rng.random(shares.shape) < shares)
    images = np.sqrt((shares * (1 - shares)).mean() / 1000)
    assert found.images == pytest.approx(images, rel=0.03)
    assert found.seeds == pytest.approx(own, abs=0.005)
    assert found.observed == pytest.approx(np.hypot(images, own), rel=0.1)
