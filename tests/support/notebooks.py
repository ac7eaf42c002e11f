"""Tiny notebooks."""

import nbformat

PARAMETERS = "epochs: int = 10  # épocas\ndata: str = 'auto'  # datos"
CHECK = (
    "from informe.parameters import check_parameters\n"
    "settings = check_parameters(globals())"
)


def write(folder, name, *sources, title="Parte 1. Prueba", experiments=""):
    """A notebook with a title, a parameters cell and the given code cells.

    `experiments` names the module that says what it trains, if one does.
    """
    cells = [
        nbformat.v4.new_markdown_cell(f"# {title}"),
        nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        *map(nbformat.v4.new_code_cell, (CHECK, *sources)),
    ]
    path = folder / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"informe": {"experiments": experiments}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=about), path)
    return path
