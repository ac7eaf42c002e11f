"""The report's first and last chapters, made from what all the parts measured.

A part's measurements are its `metrics.json`, as `informe.report.results` writes them.
"""

import nbformat
import numpy as np
import pandas as pd
from nbformat import NotebookNode

from helpers.uncertainty import over_seeds
from informe import numbers
from informe.numbers import count, listing
from informe.report import claims
from informe.report.display import pipe_table
from informe.report.tables import LEVEL

SUMMARY = """# Resumen {{.unnumbered}}

{question} Este informe responde a una *consigna* universitaria, que deja libre casi
todo, y examina el *informe original* con el que un estudiante respondió a ella en
noviembre de 2023 [(informe no publicado, 2023)](#bib-original2023): suyas son las
redes, las recetas y las afirmaciones que aquí se ponen a prueba. Tiene {parts}:
{titles}.

{findings}

{claims}

Los límites: cada red se entrena con una sola receta, y las cifras son de estos
conjuntos de datos. Lo que sigue explica cada decisión y da a cada número su
incertidumbre; ninguno está escrito a mano.

La [tabla](#tab-summary) reúne los resultados.{variants} La *exactitud* es la proporción
de imágenes de prueba bien clasificadas. El signo ± precede a la desviación típica entre
semillas, y el intervalo es el de Student, al 95 %, para la media: dicen cuánto cambia
el resultado al repetir el entrenamiento con otros pesos iniciales y otro orden de los
lotes, no cuánto cambiaría con otras imágenes de prueba."""

QUESTIONS = (
    "¿Qué tan bien clasifica imágenes una red neuronal pequeña, y en qué se equivoca?",
    "¿Qué vale más en una red que clasifica imágenes: muchos parámetros o una buena"
    " configuración?",
)

VARIANTS = """ La variante *original* termina en la ReLU que el informe original pone en
{networks}; la *corregida* no la lleva, y es la de los resultados principales."""

TOO_WIDE = """

Algún intervalo se sale de [0, 1], donde una exactitud no puede estar: una semilla se
apartó tanto de las otras que con tan pocas no se puede fijar la media."""

CLOSING = "# Cierre {.unnumbered}"

CLAIMS = """## Lo que afirma el informe original {{.unnumbered}}

La [tabla](#tab-claims) examina una por una las afirmaciones del informe original
[(informe no publicado, 2023)](#bib-original2023) que se pueden comprobar. {tally}

{rules}"""

REPRODUCIBILITY = """## Cómo se reproduce este informe {{.unnumbered}}

La orden `make report` obtiene los datos, entrena las redes, ejecuta los cuadernos y
compone este documento. Los datos se comprueban con su suma SHA-256 antes de usarse.
Con la misma semilla, la misma versión de PyTorch y el mismo tipo de procesador,
cada entrenamiento da los mismos bits: usa un solo núcleo, así que no importa
cuántos haya ni cuántas redes se entrenen a la vez. Los tiempos, en cambio, son los
de la máquina que entrenó:

{machines}

Cada entrenamiento queda guardado con una clave que resume todo lo que decide su
resultado; `informe runs list` las enumera."""


def opening(metrics: list[dict]) -> NotebookNode:
    """The summary: what was found, and every network's result."""
    text = SUMMARY.format(
        parts=count(len(metrics), "parte", "partes"),
        titles=listing(part["title"] for part in metrics),
        question=QUESTIONS["cifar10" in {part["dataset"] for part in metrics}],
        findings="\n".join(f"- {part['finding']}" for part in metrics[::-1]),
        claims=_tally(metrics),
        variants=_variants(metrics),
    )
    if any(map(_too_wide, metrics)):
        text += TOO_WIDE
    networks = _table(
        [row for part in metrics for row in _rows(part)],
        ["datos", "red", "semillas", "exactitud", LEVEL, "tiempo"],
        "tab-summary",
        "Exactitud de cada red en las imágenes de prueba y tiempo medio de un"
        " entrenamiento.",
    )
    return _notebook("resumen", text, networks)


def _variants(metrics: list[dict]) -> str:
    """The paragraph on the two variants; nothing where no part has them."""
    titles = [
        part["title"]
        for part in metrics
        if any(n["options"].get("output") for n in part["networks"].values())
    ]
    if not titles:
        return ""
    networks = "la red de" if len(titles) == 1 else "las redes de"
    return VARIANTS.format(networks=f"{networks} {listing(titles)}")


def closing(metrics: list[dict]) -> NotebookNode:
    """The original's claims, and how to reproduce the numbers of the report."""
    machines = {_machine(n) for part in metrics for n in part["networks"].values()}
    text = REPRODUCIBILITY.format(
        machines="\n".join(f"- {machine}" for machine in sorted(machines))
    )
    return _notebook("reproducir", CLOSING, *_claims(metrics), text)


def _claims(metrics: list[dict]) -> list[str | NotebookNode]:
    """The chapter of claims; nothing where no part has one."""
    rows = [
        [claim["part"], claim["claim"], claim["measured"], claim["verdict"]]
        for part in metrics
        for claim in part["claims"]
    ]
    if not rows:
        return []
    table = _table(
        rows,
        ["datos", "afirmación", f"medido [{LEVEL}]", "veredicto"],
        "tab-claims",
        "Las afirmaciones del informe original, por partes, lo medido aquí y el"
        " veredicto.",
    )
    return [CLAIMS.format(rules=claims.rules(), tally=_tally(metrics)), table]


def _tally(metrics: list[dict]) -> str:
    """How many of the original's claims stand; nothing where no part has one."""
    verdicts = [claim["verdict"] for part in metrics for claim in part["claims"]]
    if not verdicts:
        return ""
    stands, falls = (verdicts.count(v) for v in (claims.HOLDS, claims.FAILS))
    parts = [
        f"{stands} {'se sostiene' if stands == 1 else 'se sostienen'}",
        f"{falls} no se {'sostiene' if falls == 1 else 'sostienen'}",
        f"de {len(verdicts) - stands - falls} no se puede decir",
    ]
    said = count(len(verdicts), "afirmación", "afirmaciones")
    return f"De {said} del informe original que se examinan, {listing(parts)}."


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


def _table(rows: list[list[str]], columns, table_id: str, caption: str) -> NotebookNode:
    """A cell that shows a captioned table; its first column is the index."""
    table = pd.DataFrame(rows, columns=columns).set_index(columns[0])
    shown = nbformat.v4.new_output(
        "display_data",
        {"text/markdown": pipe_table(table), "text/plain": table.to_string()},
        metadata={"informe": {"kind": "table", "id": table_id, "caption": caption}},
    )
    return nbformat.v4.new_code_cell("", outputs=[shown])


def _notebook(name: str, *parts: str | NotebookNode) -> NotebookNode:
    """Make a notebook of paragraphs and cells; messages refer to it by `name`."""
    cells = [
        nbformat.v4.new_markdown_cell(part) if isinstance(part, str) else part
        for part in parts
    ]
    origin = {"papermill": {"input_path": f"{name}.ipynb"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=origin)
