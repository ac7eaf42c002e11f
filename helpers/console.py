"""Messages to the user, on stderr; results are never written to that stream."""

import sys


def tell(text: str, end: str = "\n") -> None:
    """Write a message at once."""
    print(text, end=end, file=sys.stderr, flush=True)


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
