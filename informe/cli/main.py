"""The command ``informe``: make the report, and see what this machine lacks for it."""

import datetime
import logging
import signal
import time
from pathlib import Path

import click

from helpers import paths
from helpers.parameters import ParameterError, repeated
from informe.cli import doctor as diagnosis
from informe.cli.alone import one_at_a_time
from informe.cli.profiles import PROFILES
from informe.cli.runs import runs
from informe.cli.sweep import sweep
from informe.errors import InformeError

BUILD_EXAMPLES = """
\b
Examples:
  informe build                              the whole report
  informe build --profile quick              in two minutes, on the sample
  informe build -p epochs 3 -p seed 7        other values for the notebooks
  informe build notebooks/mnist.ipynb        one part alone
  informe build --author "..." --date 2026-11-23 --output tarea.pdf
"""


class Commands(click.Group):
    """Turns every exception into one line and an exit status, unless ``--debug``."""

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; its failures become messages of click's."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if ctx.params["debug"]:
                raise
            raise _failure(error, ctx) from error


def _failure(error: Exception, ctx: click.Context) -> click.ClickException:
    if isinstance(error, ParameterError):
        return click.UsageError(str(error), ctx)
    if isinstance(error, InformeError):
        return click.ClickException(str(error))
    words = f"{type(error).__name__}: {error} (`informe --debug` shows where)"
    return click.ClickException(words)


def _iso_date(_ctx, _param, text: str | None) -> str | None:
    try:
        return text and datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise click.BadParameter(f"'{text}' is no date such as 2026-11-23") from None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name=diagnosis.PROJECT)
@click.option("--debug", is_flag=True, help="Show Python's traceback of a failure.")
def main(debug: bool) -> None:
    """Make a Spanish PDF report on image classification from its notebooks.

    Exit status: 0 if all went well, 1 if something failed, 2 if the command line or a
    parameter is wrong.
    """


@main.command(epilog=BUILD_EXAMPLES)
@click.argument("notebooks", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--profile",
    type=click.Choice(list(PROFILES)),
    default="default",
    show_default=True,
    help="How much is computed.",
)
@click.option(
    "given",
    "-p",
    "--parameter",
    nargs=2,
    multiple=True,
    metavar="NAME VALUE",
    help="A notebook's parameter; for every notebook that has it. Repeatable.",
)
@click.option("--title", help="Title of the report.")
@click.option("--course", help="Left out if not given.")
@click.option("--author", help="Left out if not given.")
@click.option("--institution", help="Left out if not given.")
@click.option(
    "--date",
    metavar="YYYY-MM-DD",
    callback=_iso_date,
    help="By default the day of the newest training shown.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The PDF; the page stands beside it.  [default: report/informe.pdf]",
)
@click.option("--anew", is_flag=True, help="Execute also what has not changed.")
def build(notebooks, profile, given, output, anew, **page) -> None:
    """Execute NOTEBOOKS (all of the report's); make of them a PDF and a page.

    Everything is checked before anything runs. The executed notebooks are kept in
    report/notebooks, each as far as it got.
    """
    from informe.cli import build as steps  # nbformat alone takes two seconds

    logging.basicConfig(format="%(levelname)s: %(message)s")  # the exporter's warnings
    for ending in (signal.SIGTERM, signal.SIGHUP):  # end as with Ctrl-C
        signal.signal(ending, signal.default_int_handler)
    if twice := repeated(name for name, _ in given):
        raise ParameterError(twice, "en")
    notebooks = notebooks or steps.default_notebooks()
    output = output or paths.report() / "informe.pdf"
    executions = steps.prepare(list(notebooks), profile, dict(given))
    steps.check_machine()
    with one_at_a_time(paths.report()):
        executions = steps.fetch(executions)
        to_execute = executions if anew else steps.changed(executions)
        ended = steps.execute(to_execute, output)
        start = time.monotonic()
        from informe.cli import documents  # pandoc and Typst take a second

        pages = documents.write(executions, output, page)
    seconds = {one.execution.name: one.seconds for one in ended}
    seconds["PDF, HTML"] = time.monotonic() - start
    _summary(seconds, {output: f"{pages} pages", output.with_suffix(".html"): "page"})


def _summary(seconds: dict[str, float], made: dict[Path, str]) -> None:
    click.echo("")
    for step, duration in seconds.items():
        click.echo(f"{step:<14} {duration:7.1f} s")
    click.echo("")
    for file, what in made.items():
        click.echo(f"{file}: {what}, {file.stat().st_size / 1e6:.2f} MB")


main.add_command(runs)
main.add_command(sweep)


@main.command()
def doctor() -> None:
    """Tell what this machine has, what it lacks for the report and how to get it."""
    checks = [*diagnosis.needed(), *diagnosis.useful()]
    for check in checks:
        click.echo(diagnosis.line(check))
    if any(check.level == "missing" for check in checks):
        raise click.exceptions.Exit(1)


if __name__ == "__main__":
    main()
