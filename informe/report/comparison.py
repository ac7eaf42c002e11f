"""Paragraphs in Spanish that compare two recipes, or two trained networks.

Like `sentences`, each stays true when the results change. What a recipe is named comes
before what it measured.
"""

from itertools import pairwise

from helpers.uncertainty import Paired
from informe import numbers
from informe.experiments.answers import EQUIVALENT
from informe.numbers import (
    THIN,
    between,
    count,
    images,
    integer,
    listing,
    percent,
    points,
    ratio,
    times,
)
from informe.report import original
from informe.report.results import SEEDS, Measured, gap, told
from informe.report.sentences import capital, short, step, the, value
from informe.statistics import seeds_needed, superiority

MANY = 2  # times LeNet-5's parameters, from which the dense network has many
FEW = 5  # seeds below which the bootstrap sees too little of their variance
CONTEXT = {  # what others reach, by data set
    "cifar10": "Como referencia: hay entrenamientos que llegan en CIFAR-10 a una"
    f" exactitud del 94{THIN}% en 3.29{THIN}s, en una sola GPU NVIDIA A100"
    " [(Jordan, 2024)](#bib-jordan2024)."
}


def versus(a_name: str, a: Measured, b_name: str, b: Measured) -> str:
    """Which of two recipes is better, by how much, and how surely.

    The difference is of the seeds that lose no class; how often one is right more often
    than the other, of all seeds.
    """
    pair = ((a_name, a), (b_name, b))
    parts = [_better(*pair), _left_out(*pair), _chances(*pair)]
    return " ".join(filter(None, parts))


def _better(one: tuple[str, Measured], other: tuple[str, Measured]) -> str:
    """The verdict, with the difference in points and its interval."""
    found = told(one[1], other[1])
    if found == "less":
        one, other, found = other, one, "more"
    (name, a), (second, b) = one, other
    e, ours, theirs = gap(a, b), the(name), short(second)
    ends = f"{between(e.low, e.high)} ({_method(a, b)})"
    if found == "more":
        text = f"**{capital(ours)} es mejor que {theirs}**"
        return f"{text}: acierta {points(e.mean)} puntos más {ends}."
    minus = f"la exactitud de {ours} menos la de {theirs} es de"
    size = f"{minus} {points(e.mean, '+')} puntos {ends}"
    if found == "equal":
        text = f"{capital(ours)} y {theirs} son equivalentes, {EQUIVALENT}"
        return f"**{text}**: {size}."
    return f"**No se puede decir cuál acierta más**: {size}; {_needed(a, b)}."


def _method(a: Measured, b: Measured) -> str:
    """What the interval is, and what it does not see."""
    seeds = [len(m.whole.seeds) for m in (a, b)]
    if max(seeds) == 1:
        return f"*bootstrap* del 95{THIN}%, solo entre imágenes"
    text = f"*bootstrap* cruzado del 95{THIN}%, sobre semillas e imágenes"
    if min(seeds) == 1:
        return f"{text}; la única semilla de una de las redes se da por fija"
    few = "; con tan pocas semillas se queda corto" if min(seeds) < FEW else ""
    return f"{text}{few}"


def _needed(a: Measured, b: Measured) -> str:
    """How many seeds would see one point, if there are enough to tell."""
    seeds = min(len(m.whole.seeds) for m in (a, b))
    if seeds < SEEDS:
        few = count(seeds, "semilla", "semillas")
        return f"con {few} no se sabe cuánto cambiaría con otras"
    needed = seeds_needed(a.whole.accuracies, b.whole.accuracies)
    enough = "bastan" if needed <= seeds else "harían falta unas"
    return (
        f"para ver una diferencia de un punto {enough} {integer(needed)} semillas de"
        " cada red"
    )


def _left_out(*pair: tuple[str, Measured]) -> str:
    """How many seeds that difference leaves out, because they lose a class."""
    out = [
        f"{len(m.seeds) - len(m.whole.seeds)} de {the(name)}"
        for name, m in pair
        if m.whole is not m
    ]
    if not out:
        return ""
    return f"No cuentan ahí las semillas que pierden alguna clase: {listing(out)}."


def _chances(one: tuple[str, Measured], other: tuple[str, Measured]) -> str:
    """How often a seed of one recipe is right more often than one of the other."""
    if min(len(m.seeds) for _, m in (one, other)) < 3:
        return ""
    more, p = superiority(one[1].accuracies, other[1].accuracies)
    name = short(one[0] if more >= 0.5 else other[0])
    more, tested = max(more, 1 - more), numbers.p_value(p, "*p*")
    if more == 1:
        return (
            "De cada dos semillas, una por red, siempre acierta más la de"
            f" {name} (prueba exacta de Mann y Whitney, {tested})."
        )
    chance = f"del {percent(more, 0)}" if more < 0.995 else f"de más del 99{THIN}%"
    return (
        f"De dos semillas al azar, una por red, acierta más la de {name} con una"
        f" probabilidad {chance} (prueba de Brunner y Munzel, {tested})."
    )


def taught(pair: Paired, a: str, b: str) -> str:
    """McNemar's test explained, and what it says of two given trained networks."""
    seen = "sí" if pair.p_value < 0.05 else "no"
    return (
        "La prueba de McNemar [(McNemar, 1947)](#bib-mcnemar1947) compara dos redes ya"
        " entrenadas, aquí la primera semilla de cada una, ante las mismas imágenes."
        " Las que ambas aciertan o ambas fallan no las distinguen; de las demás, si las"
        " dos redes fueran igual de buenas, cada una acertaría sola la mitad, como en"
        " los lanzamientos de una moneda."
        f" {_odds((pair.only_a, a), (pair.only_b, b))} La prueba exacta da"
        f" {numbers.p_value(pair.p_value, '*p*')}, y la exactitud de {the(a)} menos la"
        f" de {the(b)} es de {points(pair.difference, '+')} puntos (*bootstrap* pareado"
        f" del 95{THIN}%: {between(pair.low, pair.high)}): entre estas dos redes la"
        f" diferencia {seen} se distingue del azar de las imágenes de prueba. De las"
        " recetas no dice nada: con otras semillas serían otras dos redes, y la"
        " diferencia, otra."
    )


def _odds(*alone: tuple[int, str]) -> str:
    """In how many images only one network is right; the one that has fewer first."""
    (less, a), (more, b) = sorted(alone, key=lambda pair: pair[0])
    if more == 0:
        return "Las dos redes aciertan en las mismas imágenes."
    if less == 0:
        return f"Solo {the(b)} acierta en {images(more)}; en ninguna, solo {the(a)}."
    odds = f"{ratio(more / less)} veces más"
    if ratio(more / less) == "1.0":
        odds = "tantas como la otra" if more == less else "casi tantas como la otra"
    return (
        f"Solo {the(a)} acierta en {images(less)}, y solo {the(b)}, en"
        f" {integer(more)}: {odds}."
    )


def evidence(networks: dict[str, Measured], base: str) -> str:
    """What evidence buys, from the original's recipe to the chosen one, and its cost.

    `base` names the network that the chosen one changes. Others are left out.
    """
    path = {k: networks[k] for k in ("original", base, "elegida") if k in networks}
    accuracy = "; ".join(f"{short(name)}, {value(m)}" for name, m in path.items())
    gained = "; ".join(
        f"de {short(a)} a {short(b)}, {step(path[a], path[b])}"
        for a, b in pairwise(path)
    )
    before, after = list(path)[-2:]
    return (
        "**Lo que compra la evidencia.** Exactitud en las imágenes de prueba:"
        f" {accuracy}. {capital(gained)}."
        f" {capital(costs(before, path[before], after, path[after]))}."
    )


def costs(a_name: str, a: Measured, b_name: str, b: Measured) -> str:
    """Which of two networks has more parameters, and which takes longer to train."""
    pair = {short(a_name): a, short(b_name): b}
    longer, time = _ratio("el tiempo", {k: m.seconds.mean() for k, m in pair.items()})
    if a.parameters == b.parameters:
        sizes = f"{short(b_name)} tiene los mismos parámetros que {short(a_name)}"
    else:
        sizes = _ratio("los parámetros", {k: m.parameters for k, m in pair.items()})
        sizes = " tiene ".join(sizes)
    return f"{sizes}, y entrenar {longer} lleva {time}"


def _ratio(what: str, pair: dict[str, float]) -> tuple[str, str]:
    """The network that has more of something, and how many times the other's."""
    less, more = sorted(pair, key=pair.get)
    return more, times(pair[more] / pair[less], f"{what} de {less}")


def times_beside(dense: Measured, lenet: Measured) -> str:
    """How the times of both compare, beside the original's own ratio."""
    theirs = original.SECONDS["dense"] / original.SECONDS["lenet5"]
    epochs = original.EPOCHS["lenet5"] / original.EPOCHS["dense"]
    ours = dense.seconds.mean() / lenet.seconds.mean()
    an_epoch = ours * lenet.epochs / dense.epochs
    return (
        f"Una época de la red densa lleva {_lasts(an_epoch)} una de LeNet-5 (en el"
        f" informe original, {ratio(theirs * epochs)} veces), y todo su entrenamiento,"
        f" {_lasts(ours)} el de LeNet-5 (en el original, {ratio(theirs)} veces). La"
        " máquina y el código son otros, así que solo estas razones se comparan."
    )


def _lasts(x: float) -> str:
    about = ratio(x)
    return "tanto como" if about == "1.0" else f"{about} veces lo que"


def conclusion(dense: Measured, lenet: Measured) -> str:
    """The third part's answer: many parameters or a good configuration."""
    told_apart = versus("LeNet-5", lenet, "densa", dense)
    return (
        f"**{_answer(dense, lenet)}** {told_apart.replace('**', '')} La exactitud de"
        f" LeNet-5 es de {value(lenet)}; la de la red densa, de {value(dense)}."
        f" {capital(costs('densa', dense, 'LeNet-5', lenet))}. Cada red tiene su"
        " receta, así que la comparación es entre recetas completas y no entre"
        " arquitecturas en igualdad de condiciones."
    )


def _answer(dense: Measured, lenet: Measured) -> str:
    """What counts more, if the dense network has the many parameters it is to have."""
    if dense.parameters < MANY * lenet.parameters:
        return "Con una red densa tan estrecha no se puede responder a la pregunta."
    return {
        "more": "Aquí una buena configuración vale más que muchos parámetros.",
        "less": "Aquí muchos parámetros valen más que una buena configuración.",
        "equal": "Aquí una buena configuración vale tanto como muchos parámetros.",
        "open": "Con estos datos no se puede decir qué vale más.",
    }[told(lenet, dense)]
