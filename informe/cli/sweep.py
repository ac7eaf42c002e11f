"""The command `informe sweep`: a notebook with every combination of values."""

import signal
from pathlib import Path

import click

from helpers import paths
from helpers.machine import cores
from informe.cli.alone import one_at_a_time
from informe.errors import InformeError

EXAMPLES = """
\b
Examples:
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
    metavar="NAME VALUES",
    help="Values between commas, or a range of whole numbers without its end, 0:10.",
)
@click.option(
    "--jobs", type=click.IntRange(1, 256), help="Runs at a time.  [default: cores]"
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="Run on this Dask cluster instead."
)
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of runs, table and figure.  [default: sweeps/<notebook>]",
)
def sweep(notebook, given, jobs, scheduler, output) -> None:
    """Run NOTEBOOK once for each combination of the parameters' values.

    What is finished is kept: the same command runs only what is missing. A failed run
    is tried once more. If seeds are given, each run trains a single seed.
    """
    if jobs and scheduler:
        raise click.UsageError("--jobs and --scheduler exclude each other")
    from informe.cli import build as steps  # nbformat and torch take seconds
    from informe.sweeps import grid

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end as with Ctrl-C
    notebook = notebook.resolve()
    combinations = grid.combinations(given, steps.declared_names(notebook))
    steps.check_machine()
    output = output or paths.sweeps() / notebook.stem
    with one_at_a_time(output):
        tasks = _tasks(notebook, combinations)
        failed = _run(tasks, output, jobs or cores(), scheduler)
    if failed:
        lines = [f"  {name}: {cause}" for name, cause in failed.items()]
        raise InformeError("\n".join([f"{len(failed)} runs failed:", *lines]))


def _tasks(notebook: Path, combinations: list[dict]) -> list:
    """One task for each combination; each says whether it uses the sample."""
    from informe.cli import build as steps
    from informe.sweeps.work import Task, code

    source, version = notebook.read_text("utf-8"), code()
    names = steps.declared_names(notebook)
    kinds = {one.get("data", "auto") for one in combinations}
    taken = {kind: steps.data_taken(notebook.stem, names, kind) for kind in kinds}
    return [
        Task(str(notebook), source, one | taken[one.get("data", "auto")], version)
        for one in combinations
    ]


def _run(tasks: list, output: Path, jobs: int, scheduler: str | None) -> dict:
    from informe.sweeps import executors, run, table

    missing = run.missing(tasks, output)
    click.echo(f"{len(tasks)} runs, {len(missing)} of them to do; {output}", err=True)
    place = executors.cluster(scheduler) if scheduler else executors.local(jobs)
    failed = {}
    try:
        if missing:
            with place as executor:
                failed = run.run(executor, missing, output, _tell)
    except KeyboardInterrupt:
        kept = len(tasks) - len(run.missing(tasks, output))
        words = f"stopped; {kept} of {len(tasks)} runs are kept in {output}"
        raise InformeError(f"{words}; the same command goes on with the rest") from None
    frame = table.table(tasks, output)
    for file in table.write(frame, output) if len(frame) else []:
        click.echo(str(file))
    return failed


def _tell(line: str) -> None:
    click.echo(line, err=True)
