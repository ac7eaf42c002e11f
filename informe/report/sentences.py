"""Paragraphs in Spanish made from results; each stays true when the results change.

They are Markdown; `#fig-…` and `#tab-…` links become numbered references in the PDF.
"""

import numpy as np

from helpers import numbers
from helpers.datasets import Dataset
from helpers.evaluation import recall
from helpers.numbers import (
    count,
    duration,
    integer,
    listing,
    percent,
    share,
)
from helpers.runs import Run
from helpers.uncertainty import over_seeds
from informe.names import OPTIMIZER_NAMES
from informe.report.results import accuracies, lost_classes, worst


def data_set(data: Dataset) -> str:
    """State how many images of what there are, and that they were verified."""
    _, channels, height, width = data.train.images.shape
    text = (
        f"**{data.title}**: {integer(len(data.train.labels))} imágenes de entrenamiento"
        f" y {integer(len(data.test.labels))} de prueba, de {height} × {width} píxeles"
        f" {'en color' if channels == 3 else 'en escala de grises'}, repartidas en"
        f" {len(data.classes)} clases: {listing(data.classes)}."
        " Los bytes leídos se comprobaron con su suma SHA-256."
    )
    if data.is_sample:
        text = (
            "**Atención: esta corrida no usa los datos completos, sino la pequeña"
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
    seeds = listing(run.seed for run in runs)
    which = f" de la red {name}" if name else ""
    return (
        f"Receta{which}: {optimizer} con tasa de aprendizaje"
        f" {about['learning_rate']:g}, lotes de {about['batch_size']} imágenes y"
        f" {count(about['epochs'], 'época', 'épocas')};"
        f" {'semilla' if len(runs) == 1 else 'semillas'} {seeds}."
    )


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
    text = f"La red {name} clasifica bien una proporción de **{numbers.mean_std(e)}**"
    text += " de las imágenes de prueba"
    if e.n == 1:
        return (
            f"{text}; es una sola semilla, así que no hay medida de cuánto cambiaría"
            " con otra."
        )
    return (
        f"{text} (media ± desviación típica de {e.n} semillas; intervalo de Student del"
        f" 95 % para la media: {numbers.interval(e)})."
    )


def variants(corrected: list[Run], original: list[Run], classes) -> str:
    """What the ReLU on the output does to accuracy and to whole classes."""
    gap = accuracies(corrected).mean() - accuracies(original).mean()
    low = worst(original)
    return (
        f"{_losses(original, classes)} La peor exactitud con ella es"
        f" {share(accuracies([low])[0])} (semilla {low.seed}); sin ella,"
        f" {share(accuracies(corrected).min())}. En promedio, quitarla {_changes(gap)}."
    )


def _losses(runs: list[Run], classes) -> str:
    """How many seeds lose classes, and which."""
    lost = {run.seed: lost_classes(run) for run in runs}
    cases = [
        f"la {seed} ({listing(f'«{classes[k]}»' for k in names)})"
        for seed, names in lost.items()
        if names
    ]
    if cases:
        seeds = count(len(runs), "semilla", "semillas")
        verb = "deja" if len(cases) == 1 else "dejan"
        return (
            f"Con la ReLU en la salida, {len(cases)} de {seeds} {verb} alguna clase"
            f" sin predecir jamás: {listing(cases)}."
        )
    tried = count(len(runs), "semilla probada", "semillas probadas")
    return (
        f"Con la ReLU en la salida, de {tried} ninguna perdió una clase entera, aunque"
        " nada lo impide."
    )


def lost(run: Run, classes) -> str:
    """Which classes a run never predicts."""
    names = [f"«{classes[k]}»" for k in lost_classes(run)]
    value = share(accuracies([run])[0])
    if not names:
        return (
            f"Aun en la peor semilla, con exactitud {value}, todas las clases se"
            " predicen alguna vez."
        )
    word = "la clase" if len(names) == 1 else "las clases"
    return (
        f"En esta semilla la red no predice nunca {word} {listing(names)}: la exactitud"
        f" queda en {value}."
    )


def conclusion(runs: dict[str, list[Run]], counts: np.ndarray, classes) -> str:
    """The part's answer: accuracy, hardest class, and what the output's ReLU costs."""
    corrected, original = runs.values()
    values = recall(counts)
    hardest = classes[int(np.nanargmin(values))]
    gap = accuracies(corrected).mean() - accuracies(original).mean()
    value = numbers.mean_std(over_seeds(accuracies(corrected)))
    return (
        f"La red corregida acierta una proporción de **{value}** de las imágenes de"
        f" prueba. La clase más difícil de encontrar es «{hardest}», con exhaustividad"
        f" {share(np.nanmin(values), 2)}. Quitar la ReLU de la salida {_changes(gap)}"
        " en promedio, sin costo alguno en parámetros ni en tiempo."
    )


def _changes(gap: float) -> str:
    points = f"{abs(100 * gap):.1f} puntos porcentuales"
    if round(abs(100 * gap), 1) == 0:
        return "no cambia la exactitud"
    return f"{'sube' if gap > 0 else 'baja'} la exactitud en {points}"
