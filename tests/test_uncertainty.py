import numpy as np
import pytest
from scipy import stats

from helpers import uncertainty


def test_over_seeds_is_scipys_t_interval():
    values = [0.91, 0.93, 0.92, 0.95]
    e = uncertainty.over_seeds(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (e.low, e.high) == pytest.approx((expected.low, expected.high))
    assert e.std == pytest.approx(np.std(values, ddof=1))


def test_one_seed_has_no_uncertainty():
    e = uncertainty.over_seeds([0.9])
    assert e.mean == 0.9
    assert np.isnan([e.std, e.low, e.high]).all()


def test_difference_of_several_seeds_is_welchs():
    a, b = [0.5, 0.52, 0.55], [0.4, 0.47]
    # by hand: Welch's standard error and the degrees of freedom of Satterthwaite
    parts = np.var(a, ddof=1) / 3, np.var(b, ddof=1) / 2
    df = sum(parts) ** 2 / (parts[0] ** 2 / 2 + parts[1] ** 2 / 1)
    half = stats.t.ppf(0.975, df) * np.sqrt(sum(parts))
    gap = np.mean(a) - np.mean(b)
    e = uncertainty.difference(a, b)
    assert (e.mean, e.low, e.high) == pytest.approx((gap, gap - half, gap + half))


def test_difference_with_one_seed_borrows_the_others_spread():
    # by hand: s = 0.02, t(2) = 4.3027, sqrt(1 + 1/3) = 1.1547
    half = 4.30265 * 0.02 * 1.154701
    for a, b, gap in [
        ([0.5], [0.4, 0.42, 0.44], 0.08),
        ([0.4, 0.42, 0.44], [0.5], -0.08),
    ]:
        e = uncertainty.difference(a, b)
        assert (e.low, e.high) == pytest.approx((gap - half, gap + half), abs=1e-6)


def test_difference_without_spread_is_exact():
    e = uncertainty.difference([0.5, 0.5], [0.25, 0.25, 0.25])
    assert (e.mean, e.low, e.high, e.n) == (0.25, 0.25, 0.25, 2)


def test_difference_of_single_seeds_has_no_interval():
    e = uncertainty.difference([0.5], [0.4])
    assert e.mean == pytest.approx(0.1)
    assert np.isnan([e.low, e.high]).all()


def test_wilson_by_its_formula():
    z, n, share = stats.norm.ppf(0.975), 100, 0.9
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * 0.1 / n + z**2 / (4 * n**2))
    low, high = uncertainty.wilson([90], [100])
    assert (low[0], high[0]) == pytest.approx((middle - half, middle + half))


def test_wilson_of_nothing_has_no_value():
    low, high = uncertainty.wilson([0, 3], [0, 3])
    assert np.isnan([low[0], high[0]]).all()
    assert 0.4 < low[1] < high[1] == 1


def test_mcnemar_of_agrestis_example():
    # Agresti, Categorical Data Analysis: approval ratings, as in statsmodels' tests:
    # [[794, 86], [150, 570]]; the exact p value is the binomial test of 86 of 236
    labels = np.zeros(1600, int)
    a = np.repeat([0, 0, 1, 1], [794, 86, 150, 570])
    b = np.repeat([0, 1, 0, 1], [794, 86, 150, 570])
    p = uncertainty.compare(labels, a, b)
    assert (p.both, p.only_a, p.only_b, p.neither) == (794, 86, 150, 570)
    assert p.p_value == pytest.approx(stats.binomtest(86, 236).pvalue)
    assert p.difference == pytest.approx((86 - 150) / 1600)
    # the normal approximation of the same interval, as a check of the bootstrap
    half = 1.96 * np.sqrt((236 / 1600 - p.difference**2) / 1600)
    assert (p.low, p.high) == pytest.approx(
        (p.difference - half, p.difference + half), abs=0.002
    )


def test_equal_networks_do_not_differ():
    labels = np.array([0, 1, 1])
    p = uncertainty.compare(labels, labels, labels)
    assert (p.p_value, p.difference, p.low, p.high) == (1, 0, 0, 0)


def test_the_bootstrap_gives_the_same_interval_every_time():
    rng = np.random.default_rng(3)
    labels, a, b = rng.integers(0, 3, (3, 500))
    assert uncertainty.compare(labels, a, b) == uncertainty.compare(labels, a, b)


def test_a_higher_level_widens_intervals():
    rng = np.random.default_rng(3)
    labels, a, b = rng.integers(0, 3, (3, 500))
    usual, wide = (uncertainty.compare(labels, a, b, level) for level in (0.95, 0.99))
    assert wide.low < usual.low < usual.high < wide.high
    values = [0.91, 0.93, 0.92, 0.95]
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.99)
    e = uncertainty.over_seeds(values, 0.99)
    assert (e.low, e.high) == pytest.approx((expected.low, expected.high))
