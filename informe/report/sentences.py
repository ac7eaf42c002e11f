"""Paragraphs in Spanish made from results; each stays true when the results change.

They are Markdown; `#fig-…` and `#tab-…` links become numbered references in the PDF.
"""

import numpy as np

from helpers.datasets import Dataset
from helpers.runs import Run
from helpers.uncertainty import over_seeds
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
from informe.report.results import accuracies, lost_classes, worst


def data_set(data: Dataset) -> str:
    """State how many images of what there are, and that they were verified."""
    _, channels, height, width = data.train.images.shape
    text = (
        f"**{data.title}**: {images(len(data.train.labels))} de entrenamiento"
        f" y {integer(len(data.test.labels))} de prueba, de {height} × {width} píxeles"
        f" {'en color' if channels == 3 else 'en escala de grises'}, repartidas en"
        f" {len(data.classes)} clases: {listing(data.classes)}."
        " Los bytes leídos se comprobaron con su suma SHA-256."
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
    """How long a training took, on what machine."""
    times = listing(
        f"{duration(np.mean([run.seconds for run in seeds]))} la red {name}"
        for name, seeds in runs.items()
    )
    about = next(iter(runs.values()))[0].about
    machine = about["machine"]
    where = machine["gpu"] or f"un núcleo de un procesador {machine['processor']}"
    return (
        f"Cada entrenamiento tardó en promedio {times}, en {where}, sin contar las"
        " evaluaciones al final de cada época."
    )


def _recipe(runs: list[Run], name: str = "") -> str:
    """How the networks were trained, read from the runs themselves."""
    about = runs[0].about["recipe"]
    spelled = OPTIMIZER_NAMES | {"sgd": "descenso de gradiente estocástico"}
    optimizer = spelled[about["optimizer"]]
    seeds = _range([run.seed for run in runs])
    which = f" de la red {name}" if name else ""
    return (
        f"Receta{which}: {optimizer} con tasa de aprendizaje"
        f" {small(about['learning_rate'])}, lotes de {images(about['batch_size'])} y"
        f" {count(about['epochs'], 'época', 'épocas')};"
        f" {'semilla' if len(runs) == 1 else 'semillas'}{NBSP}{seeds}."
    )


def _range(seeds: list[int]) -> str:
    """Seeds, which follow one another: 0 y 1, or 0 a 29."""
    return listing(seeds) if len(seeds) < 3 else f"{seeds[0]} a {seeds[-1]}"


def curves(name: str, runs: list[Run]) -> str:
    """State the errors after the first and the last epoch, as means over seeds."""
    first = np.mean([run.history.test_error.iloc[0] for run in runs])
    last = np.mean([run.history.test_error.iloc[-1] for run in runs])
    train = np.mean([run.history.train_error.iloc[-1] for run in runs])
    epochs = len(runs[0].history)
    if epochs == 1:
        return (
            f"Tras su única época, la red {name} se equivoca en el {percent(last)} de"
            f" las imágenes de prueba; durante ella lo hizo en el {percent(train)} de"
            " las de entrenamiento."
        )
    return (
        f"La red {name} se equivoca en el {percent(first)} de las imágenes de prueba"
        f" tras la primera época y en el {percent(last)} tras la última, la {epochs};"
        f" durante esta, en el {percent(train)} de las de entrenamiento."
    )


def headline(name: str, runs: list[Run]) -> str:
    """Accuracy of a network, with its uncertainty over seeds."""
    e = over_seeds(accuracies(runs))
    text = f"La exactitud de la red {name} en las imágenes de prueba es de"
    text += f" **{percent_std(e)}**"
    if e.n == 1:
        return (
            f"{text}; es un solo entrenamiento, así que no hay medida de cuánto"
            " cambiaría con otra semilla."
        )
    return (
        f"{text} (media ± desviación típica de {e.n} semillas; intervalo de Student del"
        f" 95{THIN}% para la media: {between(e.low, e.high)}{THIN}%)."
    )


def variants(corrected: list[Run], original: list[Run], classes) -> str:
    """What the ReLU on the output does to accuracy and to whole classes."""
    gap = accuracies(corrected).mean() - accuracies(original).mean()
    low = worst(original)
    return (
        f"{_losses(original, classes)} La peor exactitud con ella es"
        f" {percent(accuracies([low])[0])} (semilla{NBSP}{low.seed}); sin ella,"
        f" {percent(accuracies(corrected).min())}. En promedio, quitarla"
        f" {_changes(gap)}."
    )


def _losses(runs: list[Run], classes) -> str:
    """How many seeds lose classes, and which."""
    lost = {run.seed: lost_classes(run) for run in runs}
    cases = [
        f"la semilla{NBSP}{seed} pierde {the_classes(classes, names)}"
        for seed, names in lost.items()
        if names
    ]
    tried = f"{len(cases)} de" if cases else "ninguna de las"
    where = f"{tried} {len(runs)} semillas" if len(runs) > 1 else "la única semilla"
    if cases:
        return (
            "Con la ReLU en la salida, la red deja de predecir clases enteras en"
            f" {where}: {listing(cases)}."
        )
    return (
        f"Con la ReLU en la salida no se pierde ninguna clase entera en {where}, aunque"
        " nada lo impide."
    )


def lost(run: Run, classes) -> str:
    """Which classes a run never predicts."""
    names = lost_classes(run)
    value = percent(accuracies([run])[0])
    if not names:
        return (
            f"Aun en la peor semilla, con exactitud {value}, todas las clases se"
            " predicen alguna vez."
        )
    return (
        f"En esta semilla la red no predice nunca {the_classes(classes, names)}: la"
        f" exactitud queda en {value}."
    )


def conclusion(runs: dict[str, list[Run]], counts: np.ndarray, classes) -> str:
    """The part's answer: accuracy, hardest class, and what the output's ReLU costs."""
    corrected, original = runs.values()
    gap = accuracies(corrected).mean() - accuracies(original).mean()
    value = percent_std(over_seeds(accuracies(corrected)))
    return (
        f"La exactitud de la red corregida en las imágenes de prueba es de **{value}**."
        f" {hardest(counts, classes)} Quitar la ReLU de la salida {_changes(gap)} en"
        " promedio; los parámetros son los mismos."
    )


def _changes(gap: float) -> str:
    size = points(abs(gap))
    if not float(size):
        return "no cambia la exactitud"
    verb = "sube" if gap > 0 else "baja"
    return f"{verb} la exactitud en {size} puntos porcentuales"
