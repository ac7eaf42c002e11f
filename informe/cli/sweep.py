"""The command `informe sweep`: a notebook with every combination of values."""

from pathlib import Path

import click

from helpers import paths
from helpers.console import tell
from helpers.machine import cores
from informe.cli.alone import one_at_a_time
from informe.errors import InformeError
from informe.execution.processes import end_as_with_ctrl_c

EXAMPLES = """
\b
Ejemplos:
  informe sweep notebooks/mnist.ipynb -p seed 0:10 -p learning_rate 0.001,0.01,0.1
  informe sweep notebooks/cifar10.ipynb -p seed 0:100 --scheduler tcp://10.0.0.1:8786
"""


@click.command(epilog=EXAMPLES)
@click.argument("notebook", type=click.Path(path_type=Path))
@click.option(
    "given",
    "-p",
    "--parameter",
    nargs=2,
    multiple=True,
    required=True,
    metavar="NOMBRE VALORES",
    help="Valores entre comas, y entre comillas los que tengan una; o un rango de"
    " enteros sin su final, 0:10.",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 256),
    help="Cuántos a la vez.  [por omisión: los núcleos]",
)
@click.option(
    "--scheduler", metavar="DIRECCIÓN", help="En este clúster de Dask, y no aquí."
)
@click.option(
    "--output",
    metavar="CARPETA",
    type=click.Path(file_okay=False, path_type=Path),
    help="Carpeta de todo lo que sale.  [por omisión: sweeps/<cuaderno>]",
)
def sweep(notebook, given, jobs, scheduler, output) -> None:
    """Ejecuta NOTEBOOK una vez por cada combinación de valores de los parámetros.

    Lo acabado queda: la misma orden ejecuta solo lo que falta. Lo que falla se intenta
    otra vez. Si se dan semillas, cada ejecución entrena una sola.
    """
    if jobs and scheduler:
        raise click.UsageError("--jobs y --scheduler se excluyen")
    from informe.cli import build as steps  # nbformat and torch take seconds
    from informe.sweeps import grid

    end_as_with_ctrl_c()
    notebook = notebook.resolve()
    combinations = grid.combinations(given, steps.declared_names(notebook))
    steps.check_machine()
    output = output or paths.sweeps() / notebook.stem
    with one_at_a_time(output):
        tasks = _tasks(notebook, combinations)
        failed = _run(tasks, output, jobs or cores(), scheduler)
    if failed:
        lines = [f"  {name}: {cause}" for name, cause in failed.items()]
        raise InformeError(
            "\n".join([f"ejecuciones que fallaron: {len(failed)}", *lines])
        )


def _tasks(notebook: Path, combinations: list[dict]) -> list:
    """One task for each combination; each says whether it uses the sample."""
    from informe.cli import build as steps
    from informe.execution.processes import Execution
    from informe.execution.training import dataset_of
    from informe.sweeps.work import Task, code

    source, version = notebook.read_text("utf-8"), code()
    names = steps.declared_names(notebook)
    asked = [
        (dataset_of(Execution(notebook, notebook, one)), str(one.get("data", "auto")))
        for one in combinations
    ]
    taken = {(name, kind): steps.data_taken(name, names, kind) for name, kind in asked}
    return [
        Task(str(notebook), source, one | taken[which], version)
        for one, which in zip(combinations, asked, strict=True)
    ]


def _run(tasks: list, output: Path, jobs: int, scheduler: str | None) -> dict:
    from informe.sweeps import executors, run, table

    missing = run.missing(tasks, output)
    click.echo(
        f"ejecuciones: {len(tasks)}; por hacer: {len(missing)}; {output}", err=True
    )
    place = executors.cluster(scheduler) if scheduler else executors.local(jobs)
    failed: dict[str, str] = {}
    try:
        if missing:
            with place as executor:
                failed = run.run(executor, missing, output, tell)
    except KeyboardInterrupt:
        kept = len(tasks) - len(run.missing(tasks, output))
        words = f"interrumpido; quedan {kept} de {len(tasks)} en {output}"
        raise InformeError(f"{words}; la misma orden sigue con el resto") from None
    frame = table.table(tasks, output)
    for file in table.write(frame, output) if len(frame) else []:
        click.echo(str(file))
    return failed
