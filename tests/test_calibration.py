import numpy as np
import pytest
import torch
from scipy import special

from informe.report.calibration import BINS, calibration, temperature


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
    assert found.error == pytest.approx((2 * 0.45 + 2 * 0.30) / 4)
    assert found.images.sum() == 4
    assert np.isnan(found.accuracy).sum() == BINS - 2
    assert found.accuracy[14] == 0.5
    assert found.low <= found.error <= found.high


def test_a_sure_probability_falls_in_the_last_bin():
    found = calibration(np.array([[100.0, 0.0]]), [0])
    assert found.images[-1] == 1
    assert found.error == pytest.approx(0)


def overconfident(n=4000, factor=2.5):
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(n, 10)) * 2
    draws = rng.random((n, 1))
    labels = (special.softmax(honest, 1).cumsum(1) < draws).sum(1)
    return honest * factor, labels


def test_the_temperature_of_logits_made_too_large_is_the_factor():
    logits, labels = overconfident()
    t = temperature(logits, labels)
    assert t == pytest.approx(2.5, rel=0.05)
    before, after = calibration(logits, labels), calibration(logits / t, labels)
    assert after.high < before.low


def test_the_temperature_has_torchs_smallest_cross_entropy():
    logits, labels = overconfident(500)
    t = temperature(logits, labels)
    x, y = torch.from_numpy(logits), torch.from_numpy(labels)
    losses = [
        torch.nn.functional.cross_entropy(x / s, y) for s in (t, 0.99 * t, 1.01 * t)
    ]
    assert losses[0] == min(losses)


def test_no_temperature_where_all_images_are_right():
    with pytest.raises(ValueError, match="no temperature fits"):
        temperature(np.eye(10) * 5, np.arange(10))
