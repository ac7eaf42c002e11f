from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from helpers.datasets import load
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
    assert found.temperature > 1
    assert found.after.error < 0.01 < found.before.error
    assert found.fitted_on == len(cut.test)
    shuffled = replace(data, test=replace(data.test, labels=data.test.labels.flip(0)))
    again = calibrated.calibrate(final, shuffled, chooser, cut)
    assert again.temperature == found.temperature
    text = calibrated.sentence("x", found)
    assert "peca de segura" in text and "reduce" in text
    assert f"\u00a0{found.temperature:.2f}," in text


def test_it_is_not_fitted_on_the_test_images(sets):
    data, _ = sets
    run = run_on(data.test.labels, 20)
    with pytest.raises(ValueError, match="validation"):
        calibrated.calibrate(run, data, run, data)


def test_the_sentence_follows_what_was_measured():
    sure, labels = np.eye(10)[np.arange(10).repeat(50)] * 9, np.arange(10).repeat(50)
    good, bad = calibration(sure, labels), calibration(sure, (labels + 1) % 10)
    for before, after, word in [
        (bad, good, "reduce"),
        (good, bad, "empeora"),
        (good, good, "no se puede decir"),
    ]:
        c = calibrated.Calibrated(0.5, before, after, 10, {})
        text = calibrated.sentence("x", c)
        assert word in text and "peca de insegura" in text and "\u00a00.50" in text
    for same in (good, bad):  # a temperature near 1 does not mean a small error
        text = calibrated.sentence("x", calibrated.Calibrated(1.01, same, same, 1, {}))
        assert "no peca" in text and "bien" not in text
        assert "1 imagen de" in text


def test_the_figure_shows_both_errors_in_its_legend():
    logits = np.log([[0.9, 0.1], [0.9, 0.1]])
    good, bad = calibration(logits, [0, 0]), calibration(logits, [1, 1])
    ax = calibrated.plot_calibration(calibrated.Calibrated(1.0, bad, good, 2, {}))
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert shown == ["antes: ECE 90\u202f%", "después: ECE 10\u202f%"]
