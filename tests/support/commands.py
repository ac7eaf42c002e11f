"""The command `informe`, run within the test or as a person runs it."""

import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from helpers import paths
from informe.cli.main import main

# An environment like a Windows console's: Python has less, and cp1252 lacks characters
LESS = {
    "PYTHONPATH": os.pathsep.join(
        [str(Path(__file__).parent / "less"), str(paths.PACKAGE.parent)]
    ),
    "PYTHONIOENCODING": "cp1252",
}


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
        encoding=environment.get("PYTHONIOENCODING", "utf-8"),
        timeout=seconds,
    )
