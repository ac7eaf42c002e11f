from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.datasets import load
from helpers.uncertainty import Estimate
from helpers.validation import validation
from informe.report import calibrated
from informe.report.calibration import calibration


@pytest.fixture(scope="module")
def sets():
    data = load("mnist", "sample")
    return data, validation(data)


def run_on(labels, size):
    """A run that is as sure of its errors, a tenth, as of the rest."""
    predicted = labels.numpy().copy()
    predicted[::10] = (predicted[::10] + 1) % 10
    return SimpleNamespace(logits=np.eye(10)[predicted] * size)


def test_the_temperature_comes_from_validation_alone(sets):
    data, cut = sets
    final, chooser = run_on(data.test.labels, 20), run_on(cut.test.labels, 20)
    found = calibrated.calibrate(final, data, chooser, cut)
    assert found.temperature.low > 1
    assert found.after.error < 0.01 < found.before.error
    assert found.fitted_on == len(cut.test)
    shuffled = replace(data, test=replace(data.test, labels=data.test.labels.flip(0)))
    again = calibrated.calibrate(final, shuffled, chooser, cut)
    assert again.temperature == found.temperature
    text = calibrated.sentence("x", found)
    assert "peca de segura" in text and "reduce" in text
    assert f"\u00a0{found.temperature.mean:.2f} [" in text


def test_it_is_not_fitted_on_the_test_images(sets):
    data, _ = sets
    run = run_on(data.test.labels, 20)
    with pytest.raises(ValueError, match="validation"):
        calibrated.calibrate(run, data, run, data)


def estimate(mean, low, high):
    return Estimate(mean, np.nan, low, high, 1)


BELOW, ABOVE = estimate(0.5, 0.4, 0.6), estimate(2.0, 1.5, 2.5)
NEAR = estimate(1.01, 0.98, 1.04)
SURE, LABELS = np.eye(10)[np.arange(10).repeat(50)] * 9, np.arange(10).repeat(50)
GOOD, BAD = calibration(SURE, LABELS), calibration(SURE, (LABELS + 1) % 10)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (estimate(-0.5, -0.6, -0.4), "−50.00 puntos [−60.00, −40.00]"),
        (estimate(-0.5, -0.6, -0.4), "la temperatura lo reduce"),
        (estimate(0.5, 0.4, 0.6), "la temperatura lo empeora"),
        (estimate(0.0, -0.001, 0.001), "equivale"),
        (estimate(0.01, -0.01, 0.03), "no se puede decir"),
    ],
)
@pytest.mark.parametrize(
    ("t", "kind"),
    [
        (BELOW, "0.50 [0.40, 0.60], menor que 1: esa red peca de insegura"),
        (ABOVE, "2.00 [1.50, 2.50], mayor que 1: esa red peca de segura"),
        (NEAR, "1.01 [0.98, 1.04], que no se distingue de 1"),
    ],
)
def test_the_sentence_follows_what_was_measured(change, words, t, kind):
    text = calibrated.sentence("x", calibrated.Calibrated(t, BAD, GOOD, change, 1, {}))
    assert words in text and kind in text.replace("\u00a0", " ")
    assert "1 imagen de" in text


def test_a_temperature_near_one_does_not_mean_a_small_error():
    none = estimate(0.0, 0.0, 0.0)
    text = calibrated.sentence("x", calibrated.Calibrated(NEAR, BAD, BAD, none, 1, {}))
    assert "no corrige el error" in text and "bien" not in text


def test_the_figure_shows_both_errors_in_its_legend():
    c = calibrated.Calibrated(NEAR, BAD, GOOD, NEAR, 2, {})
    ax = calibrated.plot_calibration(c)
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    # probability of the largest logit: 1 / (1 + 9 exp(-9)) = 0.9989, none or all right
    assert shown == ["antes: ECE 100\u202f%", "después: ECE 0.1\u202f%"]
