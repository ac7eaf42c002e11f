"""The report's first and last chapters, made from what all the parts measured.

A part's measurements are its `metrics.json`, as `informe.report.results` writes them.
"""

import nbformat
import numpy as np
import pandas as pd
from nbformat import NotebookNode

from helpers.download.catalog import KNOWN
from helpers.uncertainty import over_seeds
from informe import numbers
from informe.numbers import LEVEL, count, listing
from informe.report.glossary import GLOSSARY
from informe.report.pipes import pipe_table, plain

CITED = " [(informe no publicado, 2023)](#bib-original2023)"

SUMMARY = """# Resumen {{.unnumbered}}

**{question}** {answer}

{about}{findings}

{claims}**Límites.** Las redes son pequeñas; las opciones se comparan de una en una, con
pocas semillas y entrenamientos breves, y la *elegida* las reúne sin haber probado sus
combinaciones; los tiempos son los de una máquina. Ningún número está escrito a mano.

La [tabla](#tab-summary) reúne los resultados en las imágenes de prueba: la exactitud
media ± la desviación estándar entre semillas y, entre corchetes, el intervalo de
Student para la media. Si alguna semilla *pierde una clase*, es decir, no la predice
nunca, la exactitud es la de las demás."""

ORIGINAL = """Este informe responde a una *consigna* universitaria, que deja libre casi
todo, y examina el *informe original* con el que un estudiante respondió a ella en
noviembre de 2023{cited}: suyas son las redes, las recetas
y las afirmaciones que aquí se ponen a prueba.{variants}{others}

"""

QUESTION = (
    "¿Qué tan bien clasifica imágenes una red neuronal pequeña, y en qué se equivoca?"
)

# What the names of networks mean that are more than a label
VARIANTS = {
    "original": "la *original* termina en la ReLU que le puso aquel informe",
    "corregida": "la *corregida* no la lleva",
}

COLUMNS = (
    *("datos", "red", "semillas que pierden clases", f"exactitud [{LEVEL}]"),
    *("parámetros", "tiempo"),
)

CLOSING = "# Cierre {.unnumbered}"

CLAIMS = """## Lo que afirma el informe original {{.unnumbered}}

{tally} La [tabla](#tab-claims) las examina una por una.

{rules}"""

OTHER_COMMAND = "La orden `informe build`, con los mismos cuadernos y parámetros,"

REPRODUCIBILITY = """## Cómo se reproduce este informe {{.unnumbered}}

{command} obtiene los datos{verified}, entrena las redes,
ejecuta los cuadernos y compone este documento.{unknown} Con la misma semilla, la misma
versión de PyTorch y el mismo tipo de procesador, cada entrenamiento da los mismos bits:
usa un solo núcleo, así que no importa cuántos haya ni cuántas redes se entrenen a la
vez. Los tiempos, en cambio, son los de la máquina que entrenó:

{machines}

Cada entrenamiento queda guardado con una clave que resume todo lo que decide su
resultado; `informe runs list` las enumera."""


def opening(metrics: list[dict]) -> NotebookNode:
    """The summary: what was found, every network's result, and what words mean."""
    text = SUMMARY.format(
        question=question(metrics),
        answer=" ".join(part["finding"] for part in metrics if part["question"]),
        about=_about(metrics),
        findings="\n".join(
            f"- **{plain(part['title'])}.** {part['finding']}"
            for part in metrics
            if not part["question"]
        ),
        claims=f"{tally} " if (tally := _tally(metrics)) else "",
    )
    networks = _table(
        [row for part in metrics for row in _rows(part)],
        COLUMNS,
        "tab-summary",
        "Las redes: cuántas de sus semillas pierden alguna clase, exactitud de las"
        " demás, parámetros y tiempo medio de un entrenamiento.",
    )
    return _notebook("resumen", text, networks, GLOSSARY)


def question(metrics: list[dict]) -> str:
    """The question of the whole report: that of the first part that has one."""
    return next((p["question"] for p in metrics if p["question"]), QUESTION)


def _about(metrics: list[dict]) -> str:
    """Whose networks and claims these are; nothing where no part has claims."""
    others = [plain(part["title"]) for part in metrics if not part["claims"]]
    if len(others) == len(metrics):
        return ""
    return ORIGINAL.format(
        cited=CITED, variants=_variants(metrics), others=_others(others)
    )


def _others(titles: list[str]) -> str:
    """That these chapters are not about the original report; nothing without any."""
    if not titles:
        return ""
    chapters = f" Los capítulos de {listing(titles)} no son de aquel informe: aplican"
    if len(titles) == 1:
        chapters = f" El capítulo de {titles[0]} no es de aquel informe: aplica"
    return f"{chapters} el mismo método a otros datos o a otra red."


def _variants(metrics: list[dict]) -> str:
    """The sentence on the networks whose names need one; nothing without any."""
    names = {name for part in metrics for name in part["networks"]}
    told = [text for name, text in VARIANTS.items() if name in names]
    return f" De cada red, {'; '.join(told)}." if "corregida" in names else ""


def closing(metrics: list[dict]) -> NotebookNode:
    """The original's claims, and how to reproduce the numbers of the report."""
    machines = {_machine(n) for part in metrics for n in part["networks"].values()}
    unknown = "".join(map(_unknown, metrics))
    default = all(part["name"] == part["dataset"] for part in metrics)
    text = REPRODUCIBILITY.format(
        command="La orden `make report`" if default else OTHER_COMMAND,
        verified="" if unknown else ", comprueba su suma SHA-256",
        unknown=unknown,
        machines="\n".join(f"- {machine}" for machine in sorted(machines)),
    )
    return _notebook("reproducir", CLOSING, *_claims(metrics), text)


def _unknown(part: dict) -> str:
    """That nobody says what somebody's own data should be; nothing of known ones."""
    if part["dataset"] in KNOWN:
        return ""
    title, start = plain(part["title"]), part["checksum"][:16]
    return (
        f" Los datos del capítulo {title} son propios, sin una suma conocida con que"
        f" comprobarlos; la suya empieza por `{start}`."
    )


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
        ["red", "afirmación", f"medido [{LEVEL}]", "veredicto"],
        "tab-claims",
        "Las afirmaciones del informe original, lo medido aquí y el veredicto. Cambios,"
        " diferencias y ventajas, en puntos porcentuales.",
    )
    rules, tally = metrics[0]["rules"], _tally(metrics, CITED)
    return [CLAIMS.format(rules=rules, tally=tally), table]


def _tally(metrics: list[dict], cited: str = "") -> str:
    """How many of the original's claims stand; nothing where no part has one."""
    verdicts = [claim["stands"] for part in metrics for claim in part["claims"]]
    if not verdicts:
        return ""
    stands, falls, open_ = map(verdicts.count, (True, False, None))
    parts = [
        f"{stands or 'ninguna'} {'se sostienen' if stands > 1 else 'se sostiene'}",
        f"{falls} no se {'sostiene' if falls == 1 else 'sostienen'}" if falls else "",
        f"de {open_} no se puede decir" if open_ else "",
    ]
    said = count(len(verdicts), "afirmación comprobable", "afirmaciones comprobables")
    return f"De {said} del informe original{cited}, {listing(filter(None, parts))}."


def _rows(part: dict) -> list[list[str]]:
    return [
        [
            plain(part["title"]),
            name,
            _lost(network),
            _accuracy(network),
            numbers.integer(network["parameters"]),
            numbers.duration(float(np.mean(network["seconds"]))),
        ]
        for name, network in part["networks"].items()
    ]


def _lost(network: dict) -> str:
    """In how many of its seeds a network loses a class."""
    lost = network["lost_classes"]
    return f"{sum(map(bool, lost))} de {len(lost)}"


def _accuracy(network: dict) -> str:
    """Accuracy of the seeds that lose no class; the range if all of them do."""
    pairs = zip(network["accuracy"], network["lost_classes"], strict=True)
    whole = [accuracy for accuracy, lost in pairs if not lost]
    if not whole:
        low, high = min(network["accuracy"]), max(network["accuracy"])
        ends = dict.fromkeys(numbers.percent(x) for x in (low, high))
        return " a ".join(ends)
    e = over_seeds(whole)
    if e.n == 1:
        return numbers.percent(e.mean)
    ends = np.clip([e.low, e.high], 0, 1)
    return f"{numbers.percent_std(e)} {numbers.between(*ends)}"


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
