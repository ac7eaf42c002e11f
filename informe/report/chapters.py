"""The report's first and last chapters, made from what all the parts measured.

A part's measurements are its `metrics.json`, as `informe.report.results` writes them.
"""

import nbformat
import numpy as np
import pandas as pd
from nbformat import NotebookNode

from helpers import numbers
from helpers.numbers import count, listing
from helpers.uncertainty import holm, over_seeds
from informe.report import claims
from informe.report.display import pipe_table

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

COMPARISONS = """La [tabla](#tab-comparisons) compara las redes de cada parte imagen por
imagen, que es la otra incertidumbre: cuánto cambiaría la diferencia con otras imágenes
de prueba, dadas estas redes. La última columna corrige los valores p, por el método de
Holm, para que puedan leerse juntos."""

TOO_WIDE = """

Algún intervalo se sale de [0, 1], donde una exactitud no puede estar: una semilla se
apartó tanto de las otras que con tan pocas no se puede fijar la media."""

CLOSING = "# Cierre {.unnumbered}"

CLAIMS = """## Lo que afirmaba el original {{.unnumbered}}

La [tabla](#tab-claims) examina una por una las afirmaciones del informe original que se
pueden comprobar. {rules} {tally}"""

REPRODUCIBILITY = """## Cómo se reproduce este informe {{.unnumbered}}

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
    """The summary: every network's result, and the comparisons between them."""
    text = SUMMARY.format(
        parts=count(len(metrics), "parte", "partes"),
        titles=listing(part["title"] for part in metrics),
    )
    if any(map(_too_wide, metrics)):
        text += TOO_WIDE
    networks = _table(
        [row for part in metrics for row in _rows(part)],
        ["datos", "red", "semillas", "exactitud", "IC 95 %", "tiempo"],
        "tab-summary",
        "Exactitud de cada red en las imágenes de prueba y tiempo medio de un"
        " entrenamiento.",
    )
    comparisons = _table(
        _comparisons(metrics),
        ["datos", "comparación", "diferencia (puntos)", "IC 95 %", "p", "p (Holm)"],
        "tab-comparisons",
        "Diferencia de exactitud sobre las mismas imágenes de prueba, primera semilla"
        " de cada red: intervalo *bootstrap* pareado y prueba exacta de McNemar.",
    )
    return _notebook("resumen", text, networks, COMPARISONS, comparisons)


def closing(metrics: list[dict]) -> NotebookNode:
    """The original's claims, and how to reproduce the numbers of the report."""
    machines = {_machine(n) for part in metrics for n in part["networks"].values()}
    text = REPRODUCIBILITY.format(
        machines="\n".join(f"- {machine}" for machine in sorted(machines))
    )
    runs = _table(
        [
            [part["title"], name, ", ".join(f"`{key}`" for key in network["runs"])]
            for part in metrics
            for name, network in part["networks"].items()
        ],
        ["datos", "red", "claves, por orden de semilla"],
        "tab-runs",
        "Los entrenamientos que usa este informe y la clave con la que se guardan.",
    )
    return _notebook("reproducir", CLOSING, *_claims(metrics), text, runs)


def _claims(metrics: list[dict]) -> list[str | NotebookNode]:
    """The chapter of claims; nothing where no part has one."""
    rows = [
        [part["title"], claim["claim"], claim["measured"], claim["verdict"]]
        for part in metrics
        for claim in part["claims"]
    ]
    if not rows:
        return []
    verdicts = [row[-1] for row in rows]
    tally = listing(
        f"{verdicts.count(v)} «{v}»"
        for v in (claims.HOLDS, claims.FAILS, claims.UNKNOWN)
        if v in verdicts
    )
    tally = f"De {count(len(rows), 'afirmación', 'afirmaciones')}: {tally}."
    table = _table(
        rows,
        ["datos", "afirmación", "medido [IC 95 %]", "veredicto"],
        "tab-claims",
        "Las afirmaciones del informe original, lo medido aquí y el veredicto.",
    )
    return [CLAIMS.format(rules=claims.rules(), tally=tally), table]


def _comparisons(metrics: list[dict]) -> list[list[str]]:
    pairs = [part["comparison"] for part in metrics]
    adjusted = holm([pair["p_value"] for pair in pairs])
    return [
        [
            part["title"],
            " − ".join(pair["of"]),
            numbers.points(pair["difference"], "+"),
            f"[{numbers.points(pair['low'])}, {numbers.points(pair['high'])}]",
            numbers.p_value(pair["p_value"]).removeprefix("p = ").removeprefix("p "),
            numbers.p_value(p).removeprefix("p = ").removeprefix("p "),
        ]
        for part, pair, p in zip(metrics, pairs, adjusted, strict=True)
    ]


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
