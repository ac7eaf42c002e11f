"""The report's first and last chapters, made from what all the parts measured.

A part's measurements are its `metrics.json`, as `helpers.report.results` writes them.
"""

import nbformat
import numpy as np
import pandas as pd
from nbformat import NotebookNode

from helpers.evaluation import over_seeds
from helpers.report import numbers
from helpers.report.display import pipe_table
from helpers.report.numbers import count, listing

SUMMARY = """# Resumen {{.unnumbered}}

Este informe entrena redes neuronales que clasifican imágenes, las explica decisión
por decisión y las juzga con la misma vara. Tiene {parts}: {titles}. Todos los
resultados salen de los entrenamientos, ninguno está escrito a mano, y lo que el
informe original de la tarea afirma aparece junto a lo medido aquí.

La tarea remata las redes de las dos primeras partes con una ReLU en la salida, que
puede dejar clases enteras sin predecir. Por eso esas redes se entrenan en dos
variantes: la *de la tarea*, con esa ReLU, y la *corregida*, sin ella; los
resultados principales son los de la corregida.

La [tabla](#tab-summary) los reúne. La *exactitud* es la proporción de imágenes de
prueba bien clasificadas. El signo ± precede a la desviación típica entre semillas,
y el intervalo es el de Student, al 95 %, para la media: dicen cuánto cambia el
resultado al repetir el entrenamiento con otros pesos iniciales y otro orden de los
lotes, no cuánto cambiaría con otras imágenes de prueba."""

TOO_WIDE = """

Algún intervalo se sale de [0, 1], donde una exactitud no puede estar: una semilla se
apartó tanto de las otras que con tan pocas no se puede fijar la media."""

REPRODUCIBILITY = """# Cómo se reproduce este informe {{.unnumbered}}

La orden `make report` obtiene los datos, entrena las redes, ejecuta los cuadernos y
compone este documento. Los datos se comprueban con su suma SHA-256 antes de usarse.
Con la misma semilla, la misma versión de PyTorch y el mismo tipo de procesador,
cada entrenamiento da los mismos bits: usa un solo núcleo, así que no importa
cuántos haya ni cuántas redes se entrenen a la vez. Los tiempos, en cambio, son los
de la máquina que entrenó:

{machines}

Cada entrenamiento queda guardado con una clave que resume todo lo que decide su
resultado; la [tabla](#tab-runs) las enumera."""


def opening(metrics: list[dict]) -> NotebookNode:
    """The summary: what was asked, and one table with every network's result."""
    networks = [row for part in metrics for row in _rows(part)]
    table = pd.DataFrame(
        networks,
        columns=["datos", "red", "semillas", "exactitud", "IC 95 %", "tiempo"],
    ).set_index("datos")
    text = SUMMARY.format(
        parts=count(len(metrics), "parte", "partes"),
        titles=listing(part["title"] for part in metrics),
    )
    caption = (
        "Exactitud de cada red en las imágenes de prueba y tiempo medio de un"
        " entrenamiento."
    )
    if any(map(_too_wide, metrics)):
        text += TOO_WIDE
    return _notebook("resumen", text, table, "tab-summary", caption)


def closing(metrics: list[dict]) -> NotebookNode:
    """What it takes to get the same numbers again."""
    runs = [
        [part["title"], name, str(seed), f"`{key}`"]
        for part in metrics
        for name, network in part["networks"].items()
        for seed, key in zip(network["seeds"], network["runs"], strict=True)
    ]
    table = pd.DataFrame(runs, columns=["datos", "red", "semilla", "clave"])
    machines = {_machine(n) for part in metrics for n in part["networks"].values()}
    text = REPRODUCIBILITY.format(
        machines="\n".join(f"- {machine}" for machine in sorted(machines))
    )
    caption = (
        "Los entrenamientos que usa este informe y la clave con la que están guardados."
    )
    return _notebook("reproducir", text, table.set_index("datos"), "tab-runs", caption)


def _too_wide(part: dict) -> bool:
    bounds = [n["interval"] for n in part["networks"].values()]
    return any(low is not None and (low < 0 or high > 1) for low, high in bounds)


def _rows(part: dict) -> list[list[str]]:
    rows = []
    for name, network in part["networks"].items():
        estimate = over_seeds(network["accuracy"])
        seconds = float(np.mean(network["seconds"]))
        rows.append(
            [
                part["title"],
                name,
                str(estimate.n),
                numbers.mean_std(estimate),
                numbers.interval(estimate),
                numbers.duration(seconds),
            ]
        )
    return rows


def _machine(network: dict) -> str:
    machine = network["machine"]
    gpu = f", GPU {machine['gpu']}" if machine["gpu"] else ""
    cores = count(machine["cores"], "núcleo", "núcleos")
    return (
        f"{machine['processor']}, {cores}{gpu}; {machine['system']},"
        f" Python {machine['python']}, PyTorch {machine['torch']}."
    )


def _notebook(name, text, table, table_id, caption) -> NotebookNode:
    """A notebook of one text and one captioned table."""
    about = {"kind": "table", "id": table_id, "caption": caption}
    shown = nbformat.v4.new_output(
        "display_data",
        {"text/markdown": pipe_table(table), "text/plain": table.to_string()},
        metadata={"informe": about},
    )
    cells = [
        nbformat.v4.new_markdown_cell(text),
        nbformat.v4.new_code_cell("", outputs=[shown]),
    ]
    origin = {"papermill": {"input_path": f"{name}.ipynb"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=origin)
