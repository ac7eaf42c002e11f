"""Which stored runs executed notebooks show, as their metrics.json say."""

import json
from pathlib import Path

from informe.errors import InformeError


def shown(folder: Path, *, experiments: bool = False) -> set[str]:
    """Keys of the runs that the notebooks of a report, or of sweeps, show.

    `folder` is that of the figures, or of the sweeps; with `experiments`, also of the
    runs that a decision compares. Raises InformeError if a metrics.json is damaged.
    """
    keys: set[str] = set()
    for path in folder.rglob("metrics.json"):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            compared = content["experiments"] if experiments else ()
            keys.update(*(n["runs"] for n in content["networks"].values()), compared)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InformeError(f"{path} está dañado") from error
    return keys
