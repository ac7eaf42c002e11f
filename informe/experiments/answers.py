"""The sentence that answers each question; each stays true when outcomes change.

Options are compared with the original's: over seeds by Dunnett's test or, with a single
seed, over validation images at Bonferroni's level. So the intervals of a decision hold
together. An option that loses a class in some seed has two kinds of seeds, which
neither a mean nor a common variance describes: it is told apart.
"""

import numpy as np

from helpers.uncertainty import LEVEL, Estimate, compare, over_seeds
from informe.experiments.decision import Outcome
from informe.numbers import (
    NBSP,
    THIN,
    between,
    count,
    images,
    integer,
    listing,
    p_value,
    percent,
    percent_std,
    points,
)
from informe.statistics import (
    MARGIN,
    Gap,
    exact,
    many_to_one,
    rises,
    seeds_needed,
    trend,
    verdict,
)

COLLAPSED = 0.99  # a choice collapses if one class gets more than this share of images
NOTHING = 0.005  # gain in accuracy up to which more epochs count as needless
EQUIVALENT = f"±{points(MARGIN)} puntos"


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
    """With how many images, epochs and seeds the experiments were made, and judged."""
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


def judging(outcomes: dict[str, Outcome]) -> str:
    """How options are compared, for which family, and what the verdicts mean."""
    seeds = {len(runs) for o in outcomes.values() for runs in o.runs.values()}
    how = []
    if max(seeds) > 1:
        how.append(
            "entre semillas, con la prueba de Dunnett o, donde unas opciones varían más"
            " que otras (prueba de Bartlett), con la de Welch y el nivel de Bonferroni"
        )
    if 1 in seeds:
        how.append(
            "donde hay una sola semilla, entre imágenes (*bootstrap* pareado, con el"
            " nivel de Bonferroni), y valen solo para esas redes"
        )
    return (
        "Cada opción se compara con la del informe original. Los intervalos del"
        f" 95{THIN}% de una misma decisión valen a la vez, pero no se corrigen por ser"
        f" varias las decisiones: {'; '.join(how)}. Una opción equivale a otra"
        f" ({EQUIVALENT}) si el intervalo cabe entero en ese margen. Las que con alguna"
        " semilla pierden una clase o asignan una sola etiqueta no se promedian ni se"
        " comparan: se dice en cuántas semillas, con el intervalo exacto de esa"
        " proporción."
    )


def answer(outcome: Outcome) -> str:
    """Which choice is best, and whether it can be told from the reference."""
    told = f"**{outcome.decision.question}** {_best(outcome)}{_trend(outcome)}."
    return " ".join(filter(None, [told, _lost(outcome)]))


def adopted(outcome: Outcome) -> str:
    """The label that evidence adopts.

    It is the sound option of the highest mean, if its interval against the reference
    lies above zero; else the reference, unless that one is not sound and another is.
    """
    base, fit = outcome.decision.reference, sound(outcome)
    if not fit:
        return base
    best = fit[0]
    if base not in fit or best == base:
        return best
    return best if gains(outcome)[best].low > 0 else base


def loses(outcome: Outcome, label: str) -> np.ndarray:
    """Which seeds never predict some class, or give nearly all images one, (S,)."""
    classes = np.unique(outcome.labels)
    missing = [not np.isin(classes, p).all() for p in outcome.predictions[label]]
    return np.array(missing) | (outcome.most_predicted(label) > COLLAPSED)


def sound(outcome: Outcome) -> list[str]:
    """Labels of the options that lose no class in any seed, best first."""
    return [k for k in outcome.ranking if not loses(outcome, k).any()]


def gains(outcome: Outcome) -> dict[str, Gap]:
    """Accuracy of each sound option minus the reference's, by label.

    Intervals and p values are adjusted for the number of these options. There are none
    if the reference is not sound.
    """
    base, fit = outcome.decision.reference, sound(outcome)
    if base not in fit:
        return {}
    groups = {k: v for k, v in outcome.accuracies.items() if k in fit}
    if max(map(len, groups.values())) > 1:
        return many_to_one(groups, base)
    others = [k for k in groups if k != base]
    return {k: _by_images(outcome, k, base, len(others)) for k in others}


def _by_images(outcome: Outcome, a: str, b: str, family: int) -> Gap:
    """Compare the only seeds of two options, which is one of `family` comparisons."""
    one, other = outcome.predictions[a][0], outcome.predictions[b][0]
    pair = compare(outcome.labels, one, other, bonferroni(family))
    p = min(1, family * pair.p_value)
    return Gap(pair.difference, pair.low, pair.high, p)


def bonferroni(family: int) -> float:
    """Level of each of so many intervals that hold together at 95 %."""
    return 1 - (1 - LEVEL) / family


def gap(outcome: Outcome, a: str, b: str, level: float = LEVEL) -> Estimate:
    """Accuracy of `a` minus that of `b`, paired, with its interval of `level`.

    The pairs are seeds or, if there is only one, validation images (bootstrap).
    """
    gaps = outcome.accuracies[a] - outcome.accuracies[b]
    if len(gaps) > 1:
        return over_seeds(gaps, level)
    one, other = outcome.predictions[a][0], outcome.predictions[b][0]
    pair = compare(outcome.labels, one, other, level)
    return Estimate(pair.difference, np.nan, pair.low, pair.high, 1)


def stands_out(e: Estimate | Gap) -> bool:
    """Whether an interval excludes zero."""
    return not e.low <= 0 <= e.high


def change(e: Estimate | Gap, sign: str = "+") -> str:
    """A change in points with its interval; two digits, as some are small."""
    return f"{points(e.mean, sign, 2)} puntos {between(e.low, e.high, 2)}"


def _best(outcome: Outcome) -> str:
    """Which sound option has the highest mean, and how far behind is the next."""
    base, fit = outcome.decision.reference, sound(outcome)
    if not fit:
        return "Ninguna opción conserva todas las clases con todas las semillas"
    first = fit[0]
    won = percent_std(outcome.estimate(first))
    if len(fit) == 1:
        return f"Solo «{first}» conserva todas las clases, con {won}"
    if base not in fit:
        return (
            f"De las que conservan todas las clases, la mejor es «{first}», con {won}"
        )
    tied = [k for k in fit if outcome.right(k) == outcome.right(first)]
    if base in tied and len(tied) > 1:
        return _tie(outcome, tied)
    behind = fit[1] if first == base else base
    of = ", del original," if behind == base else ""
    told = f"«{behind}»{of} queda a {_distance(outcome, first, behind)}"
    if len(tied) > 1:
        return f"{_tie(outcome, tied)}; {told}"
    mine = ", lo que usa el original" if first == base else ""
    return f"{_wins(outcome, first, behind)} «{first}», con {won}{mine}; {told}"


def _tie(outcome: Outcome, tied: list[str]) -> str:
    mean = percent(outcome.estimate(tied[0]).mean)
    return f"Empatan {listing(f'«{k}»' for k in tied)}, con {mean}"


def _ahead(outcome: Outcome, first: str, behind: str) -> Gap:
    """Accuracy of `first` minus that of `behind`, one of which is the reference."""
    found = gains(outcome)
    if first in found:
        return found[first]
    e = found[behind]
    return Gap(-e.mean, -e.high, -e.low, e.p)


def _wins(outcome: Outcome, first: str, behind: str) -> str:
    """Gana, or only the highest mean where that cannot be told."""
    e = _ahead(outcome, first, behind)
    won = verdict(e.low, e.high) == "more"
    return "Gana" if won else "La mayor media es la de"


def _distance(outcome: Outcome, first: str, behind: str) -> str:
    """State how far an option is behind, and the verdict on that."""
    e = _ahead(outcome, first, behind)
    one = len(outcome.accuracies[first]) == 1
    where = " entre imágenes" if one else ""
    return f"{change(e, '')}{where}, {_tells(outcome, first, behind)}"


def _tells(outcome: Outcome, first: str, behind: str) -> str:
    """State the verdict on a difference, whose interval is said beside it."""
    e = _ahead(outcome, first, behind)
    found = verdict(e.low, e.high)
    if found == "equal":
        return f"que equivale ({EQUIVALENT})"
    if found != "open":
        return "que se distingue"
    seeds = len(outcome.accuracies[first])
    if seeds == 1:
        return "y no se puede decir con una sola semilla"
    n = count(seeds, "semilla", "semillas")
    pair = [outcome.accuracies[k] for k in (first, behind)]
    needed = seeds_needed(*pair, alpha=1 - bonferroni(len(sound(outcome)) - 1))
    if needed <= seeds:
        return f"y no se puede decir con {n}, que bastarían para ver un punto"
    return (
        f"y no se puede decir con {n}; para ver un punto harían falta unas"
        f" {integer(needed)}"
    )


def ordered(outcome: Outcome) -> bool:
    """Whether the options set one and the same thing to rising numbers."""
    choices = list(outcome.decision.choices.values())
    values = [value for choice in choices for value in choice.values()]
    return (
        all(len(c) == 1 and c.keys() == choices[0].keys() for c in choices)
        and all(type(v) in (int, float) for v in values)
        and values == sorted(values)
    )


def _trend(outcome: Outcome) -> str:
    """State whether accuracy rises or falls with the order of the sound options."""
    fit = [k for k in outcome.accuracies if not loses(outcome, k).any()]
    if not ordered(outcome) or not fit:
        return ""
    values = np.stack([outcome.accuracies[k] for k in fit], axis=1)  # (S, K)
    told = trending(values, "la exactitud")
    return f"; {told}" if told else ""


def trending(values: np.ndarray, what: str) -> str:
    """State whether `what`, (S, K), rises or falls with the order; nothing if not."""
    p = trend(values)
    if not p < 1 - LEVEL:
        return ""
    verb = "crece" if rises(values) else "decrece"
    return f"{what} {verb} con el orden ({p_value(p, '*p*')})"


def _lost(outcome: Outcome) -> str:
    """Which options lose a class or give one label, and in how many seeds."""
    groups = {}
    for label in outcome.accuracies:
        fallen = loses(outcome, label)
        if fallen.any():
            groups.setdefault(_seeds(fallen), []).append(f"«{label}»")
    if not groups:
        return ""
    told = "; ".join(f"{seeds}, {listing(names)}" for seeds, names in groups.items())
    return f"Pierden alguna clase o asignan una sola etiqueta: {told}."


def _seeds(fallen: np.ndarray) -> str:
    """In how many of an option's seeds it falls."""
    n, k = len(fallen), int(fallen.sum())
    if n == 1:
        return "en su única semilla"
    low, high = (percent(x, 0) for x in exact(k, n))
    return f"en {k} de{NBSP}{n} semillas [{low}, {high}]"
