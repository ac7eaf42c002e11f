import numpy as np
import pytest
import torch
from scipy import optimize, special, stats

from informe.report.calibration import (
    BINS,
    calibration,
    calibrations,
    debiased,
    temperature,
)


def logits_of(sure, labels, right):
    """Two-class logits whose predicted class has probability `sure`."""
    sure, right = np.asarray(sure), np.asarray(right)
    predicted = np.where(right, labels, 1 - np.asarray(labels))
    probability = np.where(
        np.eye(2, dtype=bool)[predicted], sure[:, None], 1 - sure[:, None]
    )
    return np.log(probability)


def test_the_error_is_a_hand_count():
    # bin of 0.95: 2 images, 1 right, gap 0.45; bin of 0.7: 2 images, both right, 0.30
    logits = logits_of([0.95, 0.95, 0.7, 0.7], [0, 1, 0, 1], [True, False, True, True])
    found = calibration(logits, [0, 1, 0, 1])
    assert found.plain == pytest.approx((2 * 0.45 + 2 * 0.30) / 4)
    assert found.images.sum() == 4
    assert np.isnan(found.accuracy).sum() == BINS - 2
    assert found.accuracy[14] == 0.5
    assert found.low <= found.error <= found.high


def test_a_sure_probability_falls_in_the_last_bin():
    found = calibration(np.array([[100.0, 0.0]]), [0])
    assert found.images[-1] == 1
    assert found.plain == found.error == pytest.approx(0)


def test_the_bias_of_a_bin_is_the_folded_normals():
    # 100 images in one bin, of probability 0.8: 76 right, gap 0.04, variance
    # 0.76 × 0.24 / 99; scipy's folded normal about the root of 0.04² less that is zero
    sd = np.sqrt(0.76 * 0.24 / 99)
    assert sd > 0.04
    sums = (np.array(x, dtype=float) for x in ([100], [80], [76]))
    assert debiased(*sums) == pytest.approx(0.04 - sd * stats.foldnorm(0).mean())
    # with 60 right the true gap is taken to be the root of 0.2² - 0.6 × 0.4 / 99
    sd = np.sqrt(0.6 * 0.4 / 99)
    true = np.sqrt(0.2**2 - sd**2)
    expected = 0.2 - (sd * stats.foldnorm(true / sd).mean() - true)
    sums = (np.array(x, dtype=float) for x in ([100], [80], [60]))
    assert debiased(*sums) == pytest.approx(expected)


def overconfident(n=4000, factor=2.5, seed=0):
    """Logits of a calibrated network, made too large by a factor, and labels."""
    rng = np.random.default_rng(seed)
    honest = rng.normal(size=(n, 10)) * 2
    draws = rng.random((n, 1))
    labels = (special.softmax(honest, 1).cumsum(1) < draws).sum(1)
    return honest * factor, labels


def test_a_calibrated_network_has_little_of_the_plain_error_left():
    found = [calibration(*overconfident(1000, 1, seed)) for seed in range(20)]
    plain, error = (np.mean([getattr(c, k) for c in found]) for k in ("plain", "error"))
    assert plain > 0.03
    assert error < plain / 3
    assert np.mean([c.low <= 0.002 for c in found]) >= 0.85


def test_the_change_is_measured_on_the_same_images():
    logits, labels = overconfident(2000)
    (before, after), change = calibrations([logits, logits / 1.2], labels)
    assert change.low < change.mean < change.high < 0
    apart = np.hypot(before.high - before.low, after.high - after.low)
    assert change.high - change.low < apart / 2  # what unpaired ones would have
    _, none = calibrations([logits, logits], labels)
    assert (none.mean, none.low, none.high) == (0, 0, 0)


def test_the_temperature_of_logits_made_too_large_is_the_factor():
    logits, labels = overconfident()
    t = temperature(logits, labels)
    assert t.mean == pytest.approx(2.5, rel=0.05)
    assert t.low < 2.5 < t.high
    before = calibration(logits, labels)
    after = calibration(logits / t.mean, labels)
    assert after.high < before.low


def best(logits, labels):
    """Temperature at which the cross-entropy has no slope, by scipy's root finder."""
    own = logits[np.arange(len(labels)), labels]

    def slope(t):
        return ((special.softmax(logits / t, 1) * logits).sum(1) - own).sum()

    return optimize.brentq(slope, 1, 6)


def test_one_step_of_newtons_gives_the_interval_of_the_whole_bootstrap():
    logits, labels = overconfident(500)
    t = temperature(logits, labels)
    rng, refitted = np.random.default_rng(9), []
    for _ in range(300):
        rows = rng.integers(0, 500, 500)
        refitted.append(best(logits[rows], labels[rows]))
    low, high = np.quantile(refitted, [0.025, 0.975])
    assert (t.low, t.high) == pytest.approx((low, high), rel=0.04)


def test_the_temperature_has_torchs_smallest_cross_entropy():
    logits, labels = overconfident(500)
    t = temperature(logits, labels).mean
    x, y = torch.from_numpy(logits), torch.from_numpy(labels)
    losses = [
        torch.nn.functional.cross_entropy(x / s, y) for s in (t, 0.99 * t, 1.01 * t)
    ]
    assert losses[0] == min(losses)


def test_no_temperature_where_all_images_are_right():
    with pytest.raises(ValueError, match="no temperature fits"):
        temperature(np.eye(10) * 5, np.arange(10))
