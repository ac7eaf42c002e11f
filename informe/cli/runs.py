"""The commands `informe runs`: what is stored, compared, exported and deleted."""

import json
import shutil
from pathlib import Path

import click

from helpers import paths
from informe.errors import InformeError, reason
from informe.execution.shown import shown


@click.group()
def runs() -> None:
    """Enumera, muestra, compara, exporta y borra los entrenamientos guardados."""


@runs.command("list")
def list_() -> None:
    """Enumera todos los guardados, también los interrumpidos y los dañados."""
    rows = [_row(folder) for folder in _all_folders()]
    if not rows:
        click.echo(f"no hay entrenamientos en {paths.runs()}")
    for row in sorted(rows, key=lambda row: row[1:]):
        click.echo("  ".join(row))


@runs.command()
@click.argument("key")
def show(key: str) -> None:
    """Muestra qué se preguntó y midió con la clave KEY (basta su comienzo)."""
    run = _run(key)
    click.echo(json.dumps(run.about, indent=2, ensure_ascii=False))
    click.echo(run.history.to_string(index=False))


@runs.command()
@click.argument("key")
@click.argument("other")
def compare(key: str, other: str) -> None:
    """Muestra en qué difieren dos: pregunta, máquina y resultado."""
    first, second = (_flat(_run(k)) for k in (key, other))
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            click.echo(
                f"{name:<24} {first.get(name, '-')!s:<28} {second.get(name, '-')}"
            )


@runs.command()
@click.option(
    "--csv", "target", required=True, metavar="ARCHIVO", type=click.Path(path_type=Path)
)
def export(target: Path) -> None:
    """Escribe una tabla con una fila por entrenamiento entero."""
    import pandas as pd

    if not target.absolute().parent.is_dir():
        raise InformeError(f"{target}: no existe la carpeta {target.absolute().parent}")
    rows = [_flat(run) for run in map(_whole, _store().folders()) if run]
    try:
        pd.DataFrame(rows).to_csv(target, index=False)
    except OSError as error:
        raise InformeError(f"{target}: {reason(error)}") from error
    click.echo(f"{target}: filas escritas, {len(rows)}")


@runs.command()
@click.option("--yes", is_flag=True, help="Borra sin preguntar.")
@click.option("--all", "every", is_flag=True, help="Borra también lo que nadie cita.")
def prune(yes: bool, every: bool) -> None:
    """Borra lo interrumpido, lo dañado y lo que hizo otra versión del código.

    Queda lo que citan el último informe y los barridos, lo que se está entrenando y,
    salvo con --all, lo entrenado por cuenta propia.
    """
    cited = referred()
    own: list[Path] = []
    useless: list[Path] = []
    for folder in _all_folders():
        training = folder.suffix == ".part" and _store().is_busy(folder.stem)
        if training or (folder.name in cited and _whole(folder)):
            continue
        (own if _is_current(folder) and not every else useless).append(folder)
    for folder in useless:
        click.echo("  ".join(_row(folder)))
    question = f"Por borrar: {len(useless)}. ¿Se borran?"
    answers = click.Choice("sn", case_sensitive=False)
    if useless and (yes or click.prompt(question, "n", type=answers) == "s"):
        for folder in useless:
            shutil.rmtree(folder)
    hint = "; los borra --all" if own else ""
    click.echo(f"quedan los citados, {len(cited)}, y {len(own)} que nadie cita{hint}")


def referred() -> set[str]:
    """Keys of the trainings that the reports' and sweeps' metrics.json name.

    Raises InformeError if one of these files is damaged, since its keys are not known.
    """
    folders = paths.figures(""), paths.sweeps()
    try:
        return set().union(*(shown(f, experiments=True) for f in folders))
    except InformeError as error:
        raise InformeError(f"{error}, así que no se borra nada") from error


def _store():
    """Import the store only when it is needed, as torch takes a second to import."""
    from helpers.runs import store

    return store


def _all_folders() -> list[Path]:
    """Folders of the trainings that are stored, running or were stopped."""
    return sorted([*_store().folders(), *_store().stopped()])


def _is_current(folder: Path) -> bool:
    """Whether a training is whole, and of this version of the code and of torch.

    Of a network of somebody's own, the definition may be anywhere.
    """
    run = None if folder.suffix == ".part" else _whole(folder)
    if run is None:
        return False
    from helpers.models import NETWORKS
    from helpers.runs.plan import Question

    asked = Question.of(run.about)
    return asked.key == run.key and (
        asked.network not in NETWORKS or asked.is_as_asked()
    )


def _whole(folder: Path):
    """The run in a folder; None if it is not whole."""
    try:
        return _store().verified(folder)
    except _store().InvalidRun:
        return None


def _run(prefix: str):
    """The run whose key starts with `prefix`.

    Raises InformeError if there is none, or several, or if it is damaged.
    """
    store = _store()
    try:
        return store.open_run(prefix)
    except store.UnknownKey as error:
        several = f"{error.found} claves empiezan"
        found = several if error.found else "ninguna clave empieza"
        words = f"{found} por {prefix!r} en {paths.runs()}"
        raise InformeError(words) from None
    except store.InvalidRun as error:
        raise InformeError(f"el entrenamiento {prefix} no sirve: {error}") from error


def _row(folder: Path) -> tuple[str, ...]:
    """A training's key, question and outcome, or why it has no outcome."""
    store = _store()
    if folder.suffix == ".part":
        epochs = len(store.checkpoint(folder.stem).history())
        state = "se está entrenando" if store.is_busy(folder.stem) else "interrumpido"
        return folder.stem, f"{state}; épocas guardadas: {epochs}"
    try:
        run = store.verified(folder)
    except store.InvalidRun as error:
        return folder.name, f"no sirve: {error}"
    about, recipe = run.about, run.about["recipe"]
    options = ",".join(f"{k}={v}" for k, v in about["options"].items() if v)
    return (
        folder.name,
        f"{about['dataset']:<13}",
        f"{about['network']:<10} {options:<12}",
        f"{recipe['optimizer']:<7} {recipe['learning_rate']:<7g}",
        f"épocas {recipe['epochs']:<4} semilla {about['seed']:<3}",
        f"exactitud {1 - run.history.test_error.iloc[-1]:.4f}",
        f"{run.seconds:8.1f} s  {about['finished'][:16]}",
    )


def _flat(run) -> dict[str, object]:
    """Everything about a run, with one value for each name."""
    about = dict(run.about)
    parts = ("options", "recipe", "machine", "sha256")
    flat = {f"{p}.{k}": v for p in parts for k, v in about.pop(p).items()}
    last = run.history.iloc[-1]
    outcome = {f"last.{k}": last[k] for k in ("train_loss", "train_error")}
    outcome |= {f"last.{k}": last[k] for k in ("test_loss", "test_error")}
    return {"key": run.key} | about | flat | outcome | {"seconds": run.seconds}
