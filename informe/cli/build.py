"""From the notebooks to what they show: check, fetch, execute."""

import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from threading import Thread

import click
import nbformat

from helpers import paths
from helpers.machine import cores
from informe import parameters
from informe.cell import assigned, plain
from informe.cli import doctor
from informe.cli.profiles import PARTS, PROFILES
from informe.errors import InformeError, ParameterError, WrongValues, reason
from informe.execution import training, unchanged
from informe.execution.processes import Execution, Finished, run_all
from informe.files import placed


def check_machine() -> None:
    """Raise InformeError if anything needed is missing, naming all of it with cures."""
    checks = [check for check in doctor.needed() if check.level == doctor.MISSING]
    if checks:
        lines = ["aquí no se puede hacer el informe:", *map(doctor.line, checks)]
        raise InformeError("\n".join(lines))


def check_output(output: Path) -> None:
    """Raise InformeError if the PDF, or the page beside it, could not be written.

    WrongValues if its name is not one of a PDF.
    """
    if output.suffix.lower() != ".pdf":
        raise WrongValues([f"--output {output}: el nombre debe acabar en .pdf"])
    for file in (output, output.with_suffix(".html")):
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.exists():
                file.open("ab").close()
            else:
                TemporaryFile(dir=file.parent).close()
        except OSError as error:
            words = f"{file}: no se puede escribir: {reason(error)}; elija otro lugar"
            raise InformeError(f"{words} con --output") from error


def default_notebooks() -> list[Path]:
    """The parts of the report, in its order."""
    return [paths.notebooks() / f"{name}.ipynb" for name in PARTS]


def prepare(
    notebooks: list[Path], profile: str, given: Mapping[str, str]
) -> list[Execution]:
    """Prepare a build: each notebook with the parameters that it takes.

    ``given`` maps names to texts from the command line, which override the profile,
    as DATA does. Raises WrongValues or InformeError before anything runs.
    """
    declared = {notebook.resolve(): declared_names(notebook) for notebook in notebooks}
    stems = [notebook.stem for notebook in declared]
    if len(set(stems)) < len(notebooks):
        raise InformeError(f"dos cuadernos se llaman igual: {', '.join(stems)}")
    if paths.report() / "notebooks" in {notebook.parent for notebook in declared}:
        raise InformeError(
            "report/notebooks tiene cuadernos ya ejecutados: dé el original"
        )
    values = placed(_checked(given, set().union(*declared.values())), Path.cwd())
    if (kind := os.environ.get("DATA") or "auto") != "auto":
        values = {"data": kind} | values
    executions = []
    for notebook, names in declared.items():
        taken = PROFILES[profile].get(training.experiments_of(notebook), {}) | values
        taken = {name: value for name, value in taken.items() if name in names}
        target = paths.report() / "notebooks" / notebook.name
        executions.append(Execution(notebook, target, taken))
    return executions


def declared_names(notebook: Path) -> set[str]:
    """Names that the notebook's parameters cell declares.

    Raises InformeError if the file is no notebook, or the cell of a chapter not plain.
    """
    for cell in _read(notebook).cells:
        if "parameters" in cell.metadata.get("tags", []):
            try:
                if training.experiments_of(notebook):
                    plain(cell.source)
            except ParameterError as error:
                raise InformeError(f"{notebook.stem}: {error}") from error
            return set(assigned(cell.source))
    return set()


def _checked(given: Mapping[str, str], known: set[str]) -> dict[str, object]:
    rules = parameters.rules(known)
    values = {k: rules[k].read(text) for k, text in given.items() if k in rules}
    faults = parameters.unknown(given, rules) + parameters.wrong(values, rules)
    faults += [
        f"{name}: el decimal se escribe con punto: {value.replace(',', '.')}"
        for name, value in values.items()
        if rules[name].type is float and isinstance(value, str) and "," in value
    ]
    if faults:
        raise WrongValues(faults)
    return values


def _read(notebook: Path) -> nbformat.NotebookNode:
    try:
        return nbformat.read(notebook, as_version=4)
    except OSError as error:
        raise InformeError(f"{notebook}: {reason(error)}") from error
    except Exception as error:  # nbformat raises many kinds for what is no notebook
        raise InformeError(f"{notebook} no es un cuaderno: {error}") from error


def fetch(executions: list[Execution]) -> list[Execution]:
    """Fetch the data of each part before its kernel starts; give what to execute.

    Cached data are left to the kernels, which verify them. If only the sample can be
    obtained, the parameters say so, so that no kernel tries all sources again. Raises
    InformeError if complete data are required and cannot be obtained, or if two
    chapters are on the same data and network, and so would share a folder.
    """
    fetched: list[Execution] = []
    known_as: dict[str, str] = {}
    for execution in executions:
        try:
            name = training.dataset_of(execution)
            called = training.called(execution)
        except ParameterError as error:
            raise InformeError(f"{execution.name}: {error}") from error
        if called and called in known_as:
            both = f"{known_as[called]} y {execution.name}"
            raise InformeError(
                f"{both} son capítulos de los mismos datos y red: {called}"
            )
        known_as[called] = execution.name
        kind, known = str(execution.parameters.get("data", "auto")), {"data"}
        cached = (paths.data() / f"{name}.safetensors").exists()
        here = not name or kind == "sample" or cached
        taken = {} if here else data_taken(name, known, kind)
        sample = taken if "sample" in taken.values() else {}
        fetched.append(replace(execution, parameters=execution.parameters | sample))
    return fetched


def data_taken(name: str, declared: set[str], kind: str) -> dict[str, str]:
    """The parameter `data` of a notebook on `name`: "full", or "sample" if need be.

    Empty if the notebook has no such parameter or is on data without a name. Raises
    InformeError if complete data are required and cannot be obtained.
    """
    from helpers.datasets import KNOWN, DataError, load  # torch takes a second

    if name not in KNOWN or "data" not in declared:
        return {}
    try:
        return {"data": "sample" if load(name, kind).is_sample else "full"}
    except DataError as error:
        raise InformeError(str(error)) from error


def changed(executions: list[Execution]) -> list[Execution]:
    """Those whose outputs no longer hold; say which are used again."""
    kept = [execution for execution in executions if unchanged.reuse(execution)]
    if kept:
        names = ", ".join(execution.name for execution in kept)
        words = "nada que decida sus resultados ha cambiado; sirven los que hay"
        click.echo(f"{names}: {words} (--anew los ejecuta)", err=True)
    return [execution for execution in executions if execution not in kept]


def execute(
    executions: list[Execution], output: Path, verbose: bool = False
) -> list[Finished]:
    """Run the notebooks, the longest first, and say how each one ended.

    `verbose` says each epoch of the trainings before. Raises InformeError, before
    anything else, if a chapter's data or network cannot be used; and, saying that
    ``output`` was not written, if a notebook fails and, once every process has stopped,
    on Ctrl-C.
    """
    chapters = [one for one in executions if training.experiments_of(one.source)]
    for chapter in chapters:
        try:
            training.check(chapter)
        except (ImportError, OSError, ValueError) as error:
            raise WrongValues([f"{chapter.name}: {error}"]) from error
    for execution in executions:
        execution.target.parent.mkdir(parents=True, exist_ok=True)
        execution.target.unlink(missing_ok=True)  # left by an earlier build
    ended = {}
    try:
        training.train(chapters, verbose)
        # one more than there are cores, as each often waits for its kernel
        with closing(run_all(executions[::-1], cores() + 1)) as stream:
            for one in stream:
                click.echo(describe(one), err=True)
                ended[one.execution.name] = one
                Thread(target=_import_typesetter, daemon=True).start()
    except KeyboardInterrupt:
        raise InformeError(_interrupted(executions, output)) from None
    failed = [name for name, one in ended.items() if one.cause]
    if failed:
        words = f"no se pudo con {', '.join(failed)}, como se dice arriba"
        raise InformeError(f"{words}; {_no_pdf(output)}")
    for execution in executions:
        unchanged.remember(execution)
    return [ended[execution.name] for execution in executions]


def _import_typesetter() -> None:
    """Import the typesetter, which takes seconds, while other notebooks still run."""
    from informe.cli import documents  # noqa: F401


def describe(ended: Finished) -> str:
    """Say how a notebook ended and, if it failed, where, why and where its copy is."""
    execution, seconds, cause = ended
    if not cause:
        return f"{execution.name}: ejecutado en {seconds:.0f} s"
    place = _place(execution.target)
    lines = [f"{execution.name}: FALLÓ a los {seconds:.0f} s{place}"]
    lines += [f"    {line}" for line in cause.splitlines()]
    if execution.target.exists():
        lines.append(f"    hasta donde llegó: {execution.target}")
    return "\n".join(lines)


def _place(executed: Path) -> str:
    """The cell in which an executed notebook stopped, for a person to find it."""
    heading, place = "", ""
    try:
        cells = _read(executed).cells
    except InformeError:  # there is no copy, or half of one on a full disk
        cells = []
    for cell in cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            heading = cell.source.splitlines()[0].lstrip("# ")
        started = cell.metadata.get("papermill", {}).get("start_time")
        if cell.cell_type == "code" and started:
            first = cell.source.strip().partition("\n")[0]
            section = f", sección «{heading}»" if heading else ""
            place = f", en la celda [{cell.execution_count}]{section}: {first}"
    return place


def _interrupted(executions: list[Execution], output: Path) -> str:
    kept = [
        f"    {execution.target}"
        for execution in executions
        if execution.target.exists()
    ]
    heading = [f"interrumpido; {_no_pdf(output)}", "Queda, hasta donde llegó:"]
    runs = f"Cada época acabada sigue en {paths.runs()}; la misma orden continúa."
    return "\n".join([*heading, *(kept or ["    ningún cuaderno"]), runs])


def _no_pdf(output: Path) -> str:
    older = "; el que hay es de una vez anterior" if output.exists() else ""
    return f"no se escribió {output}{older}"
