"""The text of a notebook's cell of parameters, read without executing it."""

import ast
from collections.abc import Collection
from typing import Any

from informe.errors import ParameterError

INJECTED = "# Parameters\n"  # first line of the cell that papermill adds
LINE = "cada línea es un nombre y su número o texto, como «epochs: int = 10»"


def plain(source: str) -> dict[str, Any]:
    """The values that a cell of parameters assigns, read without executing it.

    Raises ParameterError where it has anything but names with one plain value each.
    """
    values, faults = {}, []
    try:
        body: list[Any] = ast.parse(source).body
    except SyntaxError as error:
        faults, body = [f"«{(error.text or '').strip()}» no se entiende; {LINE}"], []
    for line in body:
        try:
            target: Any = (
                line.targets[0] if isinstance(line, ast.Assign) else line.target
            )
            values[target.id] = ast.literal_eval(line.value)
        except (AttributeError, ValueError):
            faults.append(f"«{ast.unparse(line)}» no es un valor; {LINE}")
    if faults:
        raise ParameterError(faults)
    return values


def assigned(source: str) -> list[str]:
    """Names that ``source``, the text of a cell with parameters, assigns."""
    nodes = [node for statement in _body(source) for node in ast.walk(statement)]
    names = (node for node in nodes if isinstance(node, ast.Name))
    return [name.id for name in names if isinstance(name.ctx, ast.Store)]


def written_in(history: list[str], known: Collection[str]) -> list[str]:
    """Names that the last parameters cell that ran assigns; none if none ran.

    The cell is recognised by an annotation (``epochs: int = 10``) of a ``known`` name.
    A plain variable that has the name of another notebook's parameter is thus ignored.
    """
    for source in reversed(history):
        targets = (s.target for s in _body(source) if isinstance(s, ast.AnnAssign))
        if any(isinstance(t, ast.Name) and t.id in known for t in targets):
            return assigned(source)
    return []


def is_injected(history: list[str]) -> bool:
    """Whether papermill wrote the cell right before this one, and not an older one."""
    return bool(history) and history[-1].startswith(INJECTED)


def _body(source: str) -> list[ast.stmt]:
    try:
        return ast.parse(source).body
    except SyntaxError:  # a cell with IPython's own syntax holds no parameters
        return []
