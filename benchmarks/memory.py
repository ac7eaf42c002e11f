"""python -m benchmarks.memory [options of informe build]: peak memory of the report.

Trains everything anew, in a folder that is deleted at the end. Linux only.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from helpers import paths

EVERY = 0.5  # seconds between two looks


def main() -> None:
    """Build the report and print the most memory that its processes had together."""
    with tempfile.TemporaryDirectory() as home:
        places = {"INFORME_HOME": home, "DATA_DIR": str(paths.data())}
        command = [sys.executable, "-m", "informe.cli.main", "build", *sys.argv[1:]]
        start = time.monotonic()
        with subprocess.Popen(command, env=os.environ | places) as process:
            peak = watch(process)
        seconds = time.monotonic() - start
    print(f"{peak / 2**30:.2f} GiB at most, in {seconds:.0f} s")
    sys.exit(process.returncode)


def watch(process: subprocess.Popen) -> int:
    """Most bytes that a process and its descendants have together until it ends."""
    peak = 0
    while process.poll() is None:
        peak = max(peak, sum(map(used, family(process.pid))))
        time.sleep(EVERY)
    return peak


def family(pid: int) -> Iterator[int]:
    """The process and its descendants."""
    yield pid
    with suppress(OSError):  # it may have ended by now
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                yield from family(int(child))


def used(pid: int) -> int:
    """Bytes of a process, with its proportional part of shared memory."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


if __name__ == "__main__":
    main()
