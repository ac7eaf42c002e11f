"""The command ``informe``: make the report, and see what this machine lacks for it."""

import datetime
import io
import logging
import sys
import time
from pathlib import Path

import click

from helpers import paths
from informe.cli import doctor as diagnosis
from informe.cli import spanish
from informe.cli.alone import one_at_a_time
from informe.cli.profiles import PROFILES
from informe.cli.runs import runs
from informe.cli.sweep import sweep
from informe.errors import InformeError, WrongValues
from informe.execution.processes import end_as_with_ctrl_c
from informe.sweeps.grid import repeated

spanish.speak()
BUILD_EXAMPLES = """
\b
Ejemplos:
  informe build                              el informe entero
  informe build --profile quick              en dos minutos, con la muestra
  informe build -p epochs 3 -p seed 7        otros valores para los cuadernos
  informe build notebooks/mnist.ipynb        una parte sola
  informe build --author "..." --date 2026-11-23 --output tarea.pdf
"""


class Commands(click.Group):
    """Turns every exception into one line and an exit status, unless ``--debug``."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; its failures become messages of click's."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # of a console without some signs
                stream.reconfigure(errors="replace")
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except BrokenPipeError:  # a reader such as `head` has seen enough; click knows
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            raise _failure(error, ctx) from error


def _failure(error: Exception, ctx: click.Context) -> click.ClickException:
    if isinstance(error, WrongValues):
        return click.UsageError(str(error), ctx)
    if isinstance(error, InformeError):
        return click.ClickException(str(error))
    words = f"{type(error).__name__}: {error} (`informe --debug` enseña dónde)"
    return click.ClickException(words)


def _iso_date(_ctx, _param, text: str | None) -> str | None:
    try:
        return text and datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        words = f"{text!r} no es una fecha como 2026-11-23"
        raise click.BadParameter(words) from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=diagnosis.PROJECT)
@click.option("--debug", is_flag=True, help="Muestra el rastro de Python de un fallo.")
def main(debug: bool) -> None:
    """Hace, de sus cuadernos, un informe sobre clasificación de imágenes.

    Estado al salir: 0 si todo fue bien, 1 si algo falló, 2 si la orden o un parámetro
    no son válidos.
    """


@main.command(epilog=BUILD_EXAMPLES)
@click.argument("notebooks", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="default",
    show_default=True,
    help="Cuánto se calcula.",
)
@click.option(
    "given",
    "-p",
    "--parameter",
    nargs=2,
    multiple=True,
    metavar="NOMBRE VALOR",
    help="Parámetro de los cuadernos que lo tengan. Se puede repetir.",
)
@click.option("--title", help="Título del informe.")
@click.option("--course", help="Curso; se omite si no se da.")
@click.option("--author", help="Autor; se omite si no se da.")
@click.option("--institution", help="Institución; se omite si no se da.")
@click.option(
    "--date",
    metavar="AAAA-MM-DD",
    callback=_iso_date,
    help="Por omisión, el día del entrenamiento más reciente.",
)
@click.option(
    "--output",
    metavar="ARCHIVO",
    type=click.Path(dir_okay=False, path_type=Path),
    help="El PDF; la página queda a su lado.  [por omisión: report/informe.pdf]",
)
@click.option("--anew", is_flag=True, help="Ejecuta también lo que no ha cambiado.")
@click.option("--verbose", is_flag=True, help="Una línea por época.")
def build(notebooks, profile, given, output, anew, verbose, **page) -> None:
    """Ejecuta NOTEBOOKS (todos los del informe) y hace de ellos un PDF y una página.

    Todo se comprueba antes de empezar. Los cuadernos ejecutados quedan en
    report/notebooks, hasta donde llegó cada uno.
    """
    from informe.cli import build as steps  # nbformat alone takes two seconds

    logging.basicConfig(format="%(levelname)s: %(message)s")  # the exporter's warnings
    end_as_with_ctrl_c()
    if twice := repeated(name for name, _ in given):
        raise WrongValues(twice)
    notebooks = notebooks or steps.default_notebooks()
    output = output or paths.report() / "informe.pdf"
    executions = steps.prepare(list(notebooks), profile, dict(given))
    steps.check_machine()
    steps.check_output(output)
    with one_at_a_time(paths.report()):
        executions = steps.fetch(executions)
        to_execute = executions if anew else steps.changed(executions)
        ended = steps.execute(to_execute, output, verbose)
        start = time.monotonic()
        from informe.cli import documents  # pandoc and Typst take a second

        pages = documents.write(executions, output, page)
    seconds = {one.execution.name: one.seconds for one in ended}
    seconds["PDF, HTML"] = time.monotonic() - start
    made = {output: f"{pages} páginas", output.with_suffix(".html"): "página"}
    _summary(seconds, made)


def _summary(seconds: dict[str, float], made: dict[Path, str]) -> None:
    click.echo("")
    for step, duration in seconds.items():
        click.echo(f"{step:<14} {duration:7.1f} s")
    click.echo("")
    for file, what in made.items():
        click.echo(f"{file}: {what}, {file.stat().st_size / 1e6:.2f} MB")
    for file in made:  # addresses, which a terminal opens by a click
        click.echo(file.resolve().as_uri())


main.add_command(runs)
main.add_command(sweep)


@main.command()
def doctor() -> None:
    """Dice qué tiene esta máquina, qué le falta para el informe y cómo obtenerlo."""
    checks = [*diagnosis.needed(), *diagnosis.useful()]
    for check in checks:
        click.echo(diagnosis.line(check))
    if any(check.level == diagnosis.MISSING for check in checks):
        raise click.exceptions.Exit(1)


for group in (main, runs):
    group.subcommand_metavar = "ORDEN [ARGUMENTOS]..."
    for one in (group, *group.commands.values()):
        one.options_metavar = "[OPCIONES]"


if __name__ == "__main__":
    main()
