"""Uncertainties of whatever outcomes, against scipy's and statsmodels'."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from helpers import evaluation, uncertainty

SHARES = st.floats(0, 1, width=32)
ONE_CLASS_EACH = st.tuples(*[st.integers(0, 3)] * 3)  # true, of one network, of another


@given(st.integers(1, 10_000), st.data())
def test_wilson_is_statsmodels(n, data):
    right = data.draw(st.integers(0, n))
    low, high = uncertainty.wilson([right], [n])
    expected = proportion_confint(right, n, method="wilson")
    assert (low[0], high[0]) == pytest.approx(expected, abs=1e-12)


@given(st.lists(SHARES, min_size=2, max_size=20, unique=True))
def test_an_interval_over_seeds_is_scipys(values):
    e = uncertainty.over_seeds(values)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (e.low, e.high) == pytest.approx(tuple(expected), abs=1e-9)
    assert e.low <= e.mean <= e.high


@settings(max_examples=10)  # statsmodels collects the garbage of the process each time
@given(st.lists(SHARES, min_size=1, max_size=20))
def test_holm_is_statsmodels(values):
    expected = multipletests(values, method="holm")[1]
    assert uncertainty.holm(values) == pytest.approx(expected)


@settings(max_examples=25, deadline=None)
@given(st.lists(ONE_CLASS_EACH, min_size=1, max_size=60))
def test_a_comparison_is_statsmodels_mcnemar(rows):
    labels, a, b = np.array(rows).T
    p = uncertainty.compare(labels, a, b)
    table = [[p.both, p.only_a], [p.only_b, p.neither]]
    right = [labels == a, labels == b]
    expected = metrics.confusion_matrix(*right, labels=[True, False])
    assert np.array_equal(table, expected)
    assert p.p_value == pytest.approx(mcnemar(table, exact=True).pvalue)
    assert p.difference == pytest.approx(right[0].mean() - right[1].mean())
    assert -1 <= p.low <= p.difference + 1e-12 and p.difference - 1e-12 <= p.high <= 1


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1))
def test_each_image_is_counted_once(rows):
    labels, predictions = np.array(rows).T
    counts = evaluation.confusion_counts(labels, predictions)
    assert counts.sum() == len(rows)
    assert np.trace(counts) == (labels == predictions).sum()
