"""The sentence that answers each question; each stays true when outcomes change."""

import numpy as np

from helpers.uncertainty import LEVEL, Estimate, compare, holm, no_change, over_seeds
from informe.experiments.decision import Length, Outcome
from informe.numbers import (
    between,
    count,
    images,
    integer,
    listing,
    p_value,
    percent_std,
    points,
)

COLLAPSED = 0.99  # a choice collapses if one class gets more than this share of images
NOTHING = 0.005  # gain in accuracy up to which more epochs count as needless


def answers(outcomes: dict[str, Outcome], notes: dict[str, str] | None = None) -> str:
    """A list with a sentence for each question, in Markdown.

    `notes` are further sentences, by the name of the decision.
    """
    notes = notes or {}
    lines = [
        " ".join(filter(None, [f"- {answer(o)}", notes.get(name)]))
        for name, o in outcomes.items()
    ]
    return "\n".join(lines)


def setting(outcomes: dict[str, Outcome], data) -> str:
    """With how many images, epochs and seeds the experiments were made."""
    choices = [seeds for o in outcomes.values() for seeds in o.runs.values()]
    runs = {run.key: run for seeds in choices for run in seeds}  # some are shared
    epochs = sorted({run.about["recipe"]["epochs"] for run in runs.values()})
    seeds = sorted({len(seeds) for seeds in choices})
    return (
        f"Estas redes aprenden de {images(len(data.train))} de entrenamiento y se miden"
        f" con otras {integer(len(data.test))}, también de entrenamiento:"
        f" {count(len(runs), 'entrenamiento', 'entrenamientos')} de"
        f" {listing(epochs)} {'época' if epochs == [1] else 'épocas'}, con"
        f" {listing(seeds)} {'semilla' if seeds == [1] else 'semillas'} por opción."
    )


def answer(outcome: Outcome) -> str:
    """Which choice is best, and whether it can be told from the reference."""
    decision = outcome.decision
    text = f"**{decision.question}** "
    if isinstance(decision, Length):
        return text + _length(outcome)
    return text + _best(outcome) + _collapsed(outcome)


def gap(outcome: Outcome, a: str, b: str) -> Estimate:
    """Accuracy of `a` minus that of `b`, paired, with its 95 % interval.

    The pairs are seeds or, if there is only one, validation images (bootstrap).
    """
    gaps = outcome.accuracies[a] - outcome.accuracies[b]
    if len(gaps) > 1:
        return over_seeds(gaps)
    pair = compare(outcome.labels, outcome.predictions[a][0], outcome.predictions[b][0])
    return Estimate(pair.difference, np.nan, pair.low, pair.high, 1)


def stands_out(e: Estimate) -> bool:
    """Whether an interval excludes zero."""
    return not e.low <= 0 <= e.high


def p_values(outcome: Outcome) -> dict[str, float]:
    """P values, by label, of the tests that a choice is as good as the reference.

    They are adjusted by Holm's method, since the choice to report is picked by its
    outcome. The test is a paired t test over seeds or, with a single seed, the exact
    McNemar test over validation images.
    """
    base = outcome.decision.reference
    labels = [label for label in outcome.predictions if label != base]
    return dict(zip(labels, holm([_p(outcome, k, base) for k in labels]), strict=True))


def _p(outcome: Outcome, a: str, b: str) -> float:
    gaps = outcome.accuracies[a] - outcome.accuracies[b]
    if len(gaps) > 1:
        return no_change(gaps)
    one, other = outcome.predictions[a][0], outcome.predictions[b][0]
    return compare(outcome.labels, one, other).p_value


def _best(outcome: Outcome) -> str:
    reference = outcome.decision.reference
    first, second, *_ = outcome.ranking
    tied = [k for k in outcome.ranking if outcome.right(k) == outcome.right(first)]
    won = percent_std(outcome.estimate(first))
    if len(tied) > 1:
        text = f"Empatan {listing(f'«{k}»' for k in tied)}, con {won}"
        if reference in tied:
            return f"{text}."
    else:
        wins = "La mayor media es la de" if _falls(outcome, first) else "Gana"
        text = f"{wins} «{first}», con {won}"
    if first == reference:
        behind = f"lo que usa el original; «{second}» queda a"
        return f"{text}, {behind} {_distance(outcome, first, second)}."
    behind = f"«{reference}», del original, queda a"
    return f"{text}; {behind} {_distance(outcome, first, reference)}."


def _distance(outcome: Outcome, first: str, behind: str) -> str:
    """State how far a choice is behind, and whether that is significant."""
    e = gap(outcome, first, behind)
    tests = p_values(outcome)
    p = tests[first if first in tests else behind]
    of = "semillas" if e.n > 1 else "imágenes"
    verdict = "se distingue" if p < 1 - LEVEL else "no se distingue"
    tested = p_value(p, "*p*")
    return f"{change(e, '')}, {tested}, que {verdict} de la variación entre {of}"


def change(e: Estimate, sign: str = "+") -> str:
    """A change in points with its interval; two digits, as some are small."""
    return f"{points(e.mean, sign, 2)} puntos {between(e.low, e.high, 2)}"


def _falls(outcome: Outcome, label: str) -> bool:
    """Whether a choice collapses in most seeds."""
    return (outcome.most_predicted(label) > COLLAPSED).mean() > 0.5


def _collapsed(outcome: Outcome) -> str:
    """Which choices give nearly all images one label, and in how many seeds."""
    names = []
    for label in outcome.accuracies:
        fallen = outcome.most_predicted(label) > COLLAPSED
        some = f" (en {fallen.sum()} de {len(fallen)} semillas)"
        if fallen.any():
            names.append(f"«{label}»{'' if fallen.all() else some}")
    if not names:
        return ""
    verb = "asigna" if len(names) == 1 else "asignan"
    return f" {listing(names)} {verb} una sola etiqueta a casi todas las imágenes."


def _length(outcome: Outcome) -> str:
    """State whether the number of epochs is enough, and what one more gains."""
    asked = outcome.decision.reference
    last = str(len(outcome.accuracies))
    best = outcome.ranking[0]
    if last == asked or asked not in outcome.accuracies:
        trained = count(int(last), "época", "épocas")
        return f"El entrenamiento duró solo {trained}: no se puede decir."
    e, more = gap(outcome, last, asked), gap(outcome, str(int(asked) + 1), asked)
    return (
        f"{_enough(e, asked)}: de la época {asked} a la {last}, la exactitud cambia"
        f" {change(e)}; una época más, {points(more.mean, '+', 2)}."
        f" La mejor es la {best}, con {percent_std(outcome.estimate(best))}."
    )


def _enough(e: Estimate, asked: str) -> str:
    """State the verdict on the gain of more epochs; a wide interval leaves it open."""
    enough = suffices(int(asked))
    if e.high < 0:
        return f"{enough.capitalize()}, pues con más se pierde exactitud"
    if e.high <= NOTHING:
        less = f"con más se ganan menos de {points(NOTHING)} puntos"
        return f"{enough.capitalize()}, pues {less}"
    if e.low > NOTHING:
        return f"No {enough}"
    return f"Con estos datos no se puede decir si {enough}"


def suffices(epochs: int) -> str:
    """Say that so many epochs are enough: basta 1 época, bastan 3 épocas."""
    return f"{'basta' if epochs == 1 else 'bastan'} {count(epochs, 'época', 'épocas')}"
