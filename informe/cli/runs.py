"""The commands `informe runs`: what is stored, compared, exported and deleted."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import click

from helpers import paths
from informe.errors import InformeError


@click.group()
def runs() -> None:
    """List, show, compare, export and delete stored trainings."""


@runs.command("list")
def list_() -> None:
    """List every stored training, also those that were stopped or are damaged."""
    rows = [_row(folder) for folder in _all_folders()]
    if not rows:
        click.echo(f"no stored trainings in {paths.runs()}")
    for row in sorted(rows, key=lambda row: row[1:]):
        click.echo("  ".join(row))


@runs.command()
@click.argument("key")
def show(key: str) -> None:
    """Show what the training KEY (its first digits are enough) asked and measured."""
    run = _run(key)
    click.echo(json.dumps(run.about, indent=2, ensure_ascii=False))
    click.echo(run.history.to_string(index=False))


@runs.command()
@click.argument("key")
@click.argument("other")
def compare(key: str, other: str) -> None:
    """Show in what two trainings differ: question, machine and outcome."""
    first, second = (_flat(_run(k)) for k in (key, other))
    for name in sorted(first.keys() | second.keys()):
        if first.get(name) != second.get(name):
            click.echo(
                f"{name:<24} {first.get(name, '-')!s:<28} {second.get(name, '-')}"
            )


@runs.command()
@click.option("--csv", "target", required=True, type=click.Path(path_type=Path))
def export(target: Path) -> None:
    """Write a table with one row for each whole training."""
    import pandas as pd

    rows = [_flat(run) for run in map(_whole, _store().folders()) if run]
    try:
        pd.DataFrame(rows).to_csv(target, index=False)
    except OSError as error:
        raise InformeError(f"{target}: {error.strerror}") from error
    click.echo(f"{target}: {len(rows)} trainings")


@runs.command()
@click.option("--yes", is_flag=True, help="Delete without asking.")
def prune(yes: bool) -> None:
    """Delete what neither the last report nor a sweep refers to.

    Stopped and damaged trainings are deleted too; one that is going on is not.
    """
    needed = referred()
    useless = [f for f in _all_folders() if _is_useless(f, needed)]
    for folder in useless:
        click.echo("  ".join(_row(folder)))
    if useless and (yes or click.confirm(f"Delete these {len(useless)}?")):
        for folder in useless:
            shutil.rmtree(folder)
    click.echo(f"{len(needed)} needed trainings are kept")


def referred() -> set[str]:
    """Keys of the trainings that the reports' and sweeps' metrics.json name.

    Raises InformeError if one of these files is damaged, since its keys are not known.
    """
    keys = set()
    for path in (*paths.figures("").rglob("metrics.json"), *_sweeps()):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            networks = content["networks"].values()
            keys |= {key for network in networks for key in network["runs"]}
            keys |= set(content["experiments"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InformeError(f"{path} is damaged, so nothing is deleted") from error
    return keys


def _sweeps() -> Iterator[Path]:
    return paths.sweeps().rglob("metrics.json")


def _store():
    """Import the store only when it is needed, as torch takes a second to import."""
    from helpers.runs import store

    return store


def _all_folders() -> list[Path]:
    """Folders of the trainings that are stored, running or were stopped."""
    return sorted([*_store().folders(), *_store().stopped()])


def _is_useless(folder: Path, needed: set[str]) -> bool:
    if folder.suffix == ".part":
        return not _store().is_busy(folder.stem)
    return folder.name not in needed or _whole(folder) is None


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
        raise InformeError(str(error)) from None
    except store.InvalidRun as error:
        raise InformeError(f"the training {prefix} is not used: {error}") from error


def _row(folder: Path) -> tuple[str, ...]:
    """A training's key, question and outcome, or why it has no outcome."""
    store = _store()
    if folder.suffix == ".part":
        epochs = len(store.checkpoint(folder.stem).history())
        state = "is being trained" if store.is_busy(folder.stem) else "stopped"
        return folder.stem, f"{state}; {epochs} epochs are kept"
    try:
        run = store.verified(folder)
    except store.InvalidRun as error:
        return folder.name, f"not used: {error}"
    about, recipe = run.about, run.about["recipe"]
    options = ",".join(f"{k}={v}" for k, v in about["options"].items() if v)
    return (
        folder.name,
        f"{about['dataset']:<13}",
        f"{about['network']:<10} {options:<12}",
        f"{recipe['optimizer']:<7} {recipe['learning_rate']:<7g}",
        f"{recipe['epochs']:>3} epochs  seed {about['seed']:<3}",
        f"accuracy {1 - run.history.test_error.iloc[-1]:.4f}",
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
