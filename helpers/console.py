"""Messages to the user, on stderr; results are never written to that stream."""

import shutil
import sys


def tell(text: str) -> None:
    """Write a message at once, over what `show` may have written."""
    show("")
    print(text, file=sys.stderr, flush=True)


def show(text: str) -> None:
    """Write what the next message will replace, if this is a terminal."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        print(f"\r{text[:width]:{width}}\r", end="", file=sys.stderr, flush=True)


def is_interactive() -> bool:
    """Whether a person is watching, in a notebook's front end or at a terminal.

    papermill and nbconvert run a notebook unattended: they start the kernel with its
    history in memory, which no front end does.
    """
    if shell() is None:
        return sys.stderr.isatty()
    return "--HistoryManager.hist_file=:memory:" not in sys.argv


def shell():
    """The running IPython shell, or None.

    IPython is not imported just to find out: training processes do without it.
    """
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
