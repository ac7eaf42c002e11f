"""Paragraphs in Spanish made from results; each stays true when the results change.

They are Markdown; `#fig-…` and `#tab-…` links become numbered references in the PDF.
"""

from collections.abc import Sequence

import numpy as np

from helpers.datasets import Dataset
from helpers.runs import Run
from informe.experiments import footwear
from informe.experiments.answers import EQUIVALENT, change
from informe.experiments.chosen import Chosen
from informe.experiments.decision import Outcome
from informe.figures import seeds
from informe.names import OPTIMIZER_NAMES
from informe.numbers import (
    NBSP,
    THIN,
    between,
    count,
    duration,
    images,
    integer,
    listing,
    percent,
    percent_std,
    points,
    small,
)
from informe.report.matrices import hardest, the_classes
from informe.report.pipes import plain
from informe.report.results import Measured, gap, told
from informe.statistics import exact, verdict

# An error of the network, and what is said of one below it
GRADES = ((0.02, "muy bien"), (0.1, "bien, aunque no del todo"), (0.5, "a medias"))
DECISIONS = {
    "activations": "activaciones",
    "batch": "imágenes por lote",
    "between": "activación en medio",
    "channels": "filtros",
    "channels1": "filtros de la 1.ª capa",
    "channels2": "filtros de la 2.ª capa",
    "footwear": "costo de un error en el calzado",
    "kernel": "tamaño de filtro",
    "kernel2": "tamaño de filtro de la 2.ª capa",
    "lenet-optimizer": "optimizador",
    "loss": "pérdida",
    "optimizer": "optimizador",
    "output": "activación en la salida",
    "rate": "tasa de aprendizaje",
}


def data_set(data: Dataset) -> str:
    """State how many images of what there are."""
    _, channels, height, width = data.train.images.shape
    text = (
        f"**{plain(data.title)}**: {images(len(data.train.labels))} de entrenamiento"
        f" y {integer(len(data.test.labels))} de prueba, de {height} × {width} píxeles"
        f" {'en color' if channels == 3 else 'en escala de grises'}, repartidas en"
        f" {len(data.classes)} clases: {listing(map(plain, data.classes))}."
    )
    if data.is_sample:
        text = (
            "**Atención: esta ejecución no usa los datos completos, sino la pequeña"
            " muestra que acompaña al código; las cifras no son comparables con las"
            f" del informe completo.**\n\n{text}"
        )
    return text


def training(runs: dict[str, list[Run]]) -> str:
    """How the networks were trained, one by one where they differ, and how long."""
    recipes = {_recipe(seeds) for seeds in runs.values()}
    if len(recipes) > 1:
        recipes = [_recipe(seeds, name) for name, seeds in runs.items()]
    return " ".join([*recipes, _training_time(runs)])


def _training_time(runs: dict[str, list[Run]]) -> str:
    """How long a training took, on what machines."""
    times = listing(
        f"{duration(np.mean([run.seconds for run in seeds]))} {the(name)}"
        for name, seeds in runs.items()
    )
    machines = [run.about["machine"] for seeds in runs.values() for run in seeds]
    places = {
        m["gpu"] or f"un núcleo de un procesador {m['processor']}": 0 for m in machines
    }
    mean = " en promedio" if len(machines) > len(runs) else ""
    return (
        f"Cada entrenamiento tardó{mean} {times}, en {listing(places)}, sin contar las"
        " evaluaciones al final de cada época."
    )


def _recipe(runs: list[Run], name: str = "") -> str:
    """How the networks were trained, read from the runs themselves."""
    about = runs[0].about["recipe"]
    spelled = OPTIMIZER_NAMES | {"sgd": "descenso de gradiente estocástico"}
    seeds = _range([run.seed for run in runs])
    return (
        f"Receta{f' de {the(name)}' if name else ''}: {spelled[about['optimizer']]} con"
        f" tasa de aprendizaje {small(about['learning_rate'])}, lotes de"
        f" {images(about['batch_size'])} y"
        f" {count(about['epochs'], 'época', 'épocas')};"
        f" {'semilla' if len(runs) == 1 else 'semillas'}{NBSP}{seeds}."
    )


def _range(seeds: list[int]) -> str:
    """Seeds, which follow one another: 0 y 1, or 0 a 29."""
    return listing(seeds) if len(seeds) < 3 else f"{seeds[0]} a {seeds[-1]}"


def the(name: str) -> str:
    """A network in a sentence: la red densa, but LeNet-5, which has a name."""
    return name if name[0].isupper() else f"la red {name}"


def short(name: str) -> str:
    """A network that was named before: la densa, LeNet-5."""
    return the(name).replace("red ", "")


def capital(text: str) -> str:
    """The text with its first letter in upper case."""
    return text[0].upper() + text[1:]


def curves(name: str, runs: list[Run]) -> str:
    """State the errors after the first and the last epoch, as means over seeds."""
    first = np.mean([run.history.test_error.iloc[0] for run in runs])
    last = np.mean([run.history.test_error.iloc[-1] for run in runs])
    train = np.mean([run.history.train_error.iloc[-1] for run in runs])
    epochs = len(runs[0].history)
    mean = ", en promedio," if len(runs) > 1 else ""
    if epochs == 1:
        return (
            f"Tras su única época, {the(name)} se equivoca{mean} en el {percent(last)}"
            f" de las imágenes de prueba; durante ella lo hizo en el {percent(train)}"
            " de las de entrenamiento."
        )
    return (
        f"{capital(the(name))} se equivoca{mean} en el {percent(first)} de las imágenes"
        f" de prueba tras la primera época y en el {percent(last)} tras la última, la"
        f" {epochs}; durante esta, en el {percent(train)} de las de entrenamiento."
    )


def headline(name: str, m: Measured) -> str:
    """Accuracy of a network over seeds; if some lose a class, how many, and the rest's.

    A set of seeds of both kinds has no mean here, nor has one that all lose a class.
    """
    if m.collapsed:
        return f"{_share_lost(name, m)} {_rest(m)}"
    text = f"La exactitud de {the(name)} en las imágenes de prueba es de"
    if len(m.seeds) == 1:
        return (
            f"{text} **{value(m)}**; es un solo entrenamiento, así que no hay medida de"
            " cuánto cambiaría con otra semilla."
        )
    return f"{text} {_estimate(m)}."


def _estimate(m: Measured) -> str:
    """Mean, standard deviation and interval of several seeds."""
    e = m.accuracy
    return (
        f"**{percent_std(e)}** (media ± desviación estándar de {e.n} semillas;"
        f" intervalo de Student del 95{THIN}% para la media:"
        f" {between(e.low, e.high)}{THIN}%)"
    )


def _share_lost(name: str, m: Measured) -> str:
    """How many seeds lose a class, with the exact interval of that share."""
    k, n = m.collapsed, len(m.seeds)
    if n == 1:
        return f"La única semilla de {the(name)} pierde alguna clase."
    some = f"De las {n} semillas de {the(name)}, {k}"
    if k == n:
        some = f"Las {n} semillas de {the(name)}"
    return (
        f"{some} {'pierde' if k == 1 else 'pierden'} alguna clase: el"
        f" {percent(k / n, None)} (intervalo exacto del 95{THIN}%:"
        f" {between(*exact(k, n))}{THIN}%)."
    )


def _rest(m: Measured) -> str:
    """Accuracy of the seeds that lose no class or, without any, the range of all."""
    n = len(m.whole.seeds)
    if m.whole is m:
        ends = sorted({percent(m.accuracies.min()), percent(m.accuracies.max())})
        is_ = "es de" if len(ends) == 1 else "va de"
        return f"Su exactitud {is_} {' a '.join(ends)}."
    if n == 1:
        return f"La que las predice todas tiene una exactitud de **{value(m.whole)}**."
    return f"Las que las predicen todas tienen una exactitud de {_estimate(m)}."


def value(m: Measured) -> str:
    """Accuracy in brief: 92.1 ± 0.2 %, and of which seeds if some lose a class."""
    text, k, n = percent_std(m.accuracy), len(m.whole.seeds), len(m.seeds)
    if not m.collapsed:
        return text
    if k == n:
        return f"{text} ({'pierde' if n == 1 else 'todas pierden'} alguna clase)"
    return f"{text} ({k} de {n} semillas; las demás pierden alguna clase)"


def step(a: Measured, b: Measured) -> str:
    """What is gained from recipe `a` to recipe `b`, and the verdict."""
    e = gap(b, a)
    words = {"more": "mejora", "less": "empeora", "equal": f"equivale ({EQUIVALENT})"}
    word = words.get(told(b, a), "no se puede decir si mejora")
    return f"{points(e.mean, '+')} puntos {between(e.low, e.high)}: {word}"


def others(networks: dict[str, Measured]) -> str:
    """The accuracy of networks that are measured besides; nothing without any."""
    told = "; ".join(f"{the(name)}, {value(m)}" for name, m in networks.items())
    return f"Exactitud de las que se entrenan además: {told}." if told else ""


def lost(run: Run, classes: Sequence[str]) -> str:
    """Which classes a run never predicts."""
    missing = seeds.lost(run)
    accuracy = percent((run.predictions == run.labels).mean())
    text = f"Con la semilla{NBSP}{run.seed}, la red"
    if not missing:
        return f"{text} predice todas las clases, con una exactitud de {accuracy}."
    return (
        f"{text} no predice nunca {the_classes(classes, missing)}; su exactitud es de"
        f" {accuracy}."
    )


def chosen(chosen: Chosen) -> str:
    """What the chosen network changes of another, and how long it learns."""
    new = [f"{DECISIONS.get(k, k)} ({label})" for k, label in chosen.changes.items()]
    adopted = f"con lo que los experimentos apoyan, {listing(new)}, y"
    if not new:
        adopted = "sin más cambios, porque ninguna opción se distinguió, y"
    return (
        f"La red elegida es {the(chosen.base)} {adopted} con"
        f" {count(chosen.epoch, 'época', 'épocas')}, que escogió la validación; aprende"
        " sin las imágenes de validación, y las de prueba la miden una vez."
    )


def conclusion(
    networks: dict[str, Measured],
    classes: Sequence[str],
    cost: Outcome | None = None,
) -> str:
    """The answer of a chapter on one network or, with `cost`, of part 2.

    `networks` are that one, perhaps the original and, if there is one, elegida; `cost`
    is the outcome of the decision on footwear.
    """
    (name, first), *_ = networks.items()
    original, chosen = networks.get("original"), networks.get("elegida")
    parts = [
        _dear(cost) if cost else "",
        _well(name, first, classes),
        _relu(original, first) if original else "",
        _bought(name, first, chosen) if chosen else "",
    ]
    return " ".join(filter(None, parts))


def _well(name: str, m: Measured, classes: Sequence[str]) -> str:
    """How well a network recognises images, and where it errs."""
    error = 1 - m.accuracy.mean
    if not error:
        return f"**La red {name} no se equivoca en ninguna imagen de prueba.**"
    grade = next((word for limit, word in GRADES if error < limit), "mal")
    counts, often = m.whole.counts, f"el {percent(error)} de las"
    if error < 0.5:
        often = f"más o menos una de cada {integer(round(1 / error))}"
    return (
        f"**La red {name} reconoce las imágenes {grade}**: se equivoca en {often}"
        f" imágenes de prueba, con una exactitud de {value(m)}."
        f" {hardest(counts, classes)}"
    )


def _relu(original: Measured, corrected: Measured) -> str:
    """What the ReLU on the output does to whole classes."""
    k = original.collapsed
    if k:
        how = f"hace perder alguna clase {_in_seeds(k, len(original.seeds))}"
    else:
        how = f"no hace perder ninguna clase {_in_seeds(0, len(original.seeds))}"
    without = corrected.collapsed, len(corrected.seeds)
    rest = (
        f"se pierde alguna {_in_seeds(*without)}"
        if without[0]
        else "no se pierde ninguna"
    )
    return f"La ReLU que el informe original pone en la salida {how}; sin ella, {rest}."


def _in_seeds(k: int, n: int) -> str:
    if n == 1:
        return "con la única semilla"
    return f"con {k} de {n} semillas" if k else f"con ninguna de {n} semillas"


def _bought(name: str, first: Measured, chosen: Measured) -> str:
    """What the chosen network adds to another one."""
    return (
        "La red elegida según los experimentos tiene una exactitud de"
        f" **{value(chosen)}**: respecto de {short(name)}, {step(first, chosen)}."
    )


def _dear(cost: Outcome) -> str:
    """What changes if an error on footwear costs more than another."""
    asked = cost.decision.reference
    if asked == footwear.EQUAL:
        return "**Todos los errores cuestan lo mismo: no hay nada que comparar.**"
    shoes, others, _ = (part[asked] for part in footwear.changes(cost).values())
    words = {"more": "sube", "less": "baja", "equal": "apenas cambia"}
    word = words.get(verdict(shoes.low, shoes.high), "no se sabe si cambia")
    why = footwear.to_other_footwear(cost)
    why = f" {why}, así que ahí el costo decide poco." if why else ""
    return (
        f"**Si un error en el calzado cuesta {footwear.price(asked)}, {word} su"
        f" exhaustividad**: {change(shoes)} en validación; la de las demás prendas,"
        f" {change(others)}.{why}"
    )
