"""The command `informe`, run within the test or as a person runs it."""

import os
import subprocess
import sys

from click.testing import CliRunner

from informe.cli.main import main


def invoke(*arguments):
    """Run the command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def assert_told(result, status, *words):
    assert result.exit_code == status, result.output
    assert isinstance(result.exception, SystemExit)  # a message, not a traceback
    assert "Traceback" not in result.output
    for each in words:
        assert each in result.output
    assert len(result.output) < 3000


def informe(*arguments, seconds=120, **environment):
    """Run the command as a person does."""
    return subprocess.run(
        [sys.executable, "-m", "informe.cli.main", *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=seconds,
    )
