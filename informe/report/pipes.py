"""Tables and names in Markdown, as notebooks and chapters show them."""

import re

import pandas as pd


def plain(name: str) -> str:
    """A name that somebody gave, as Markdown that shows it as it was typed."""
    return re.sub(r"([\\`*_\[\]{}<>#|$~^@])", r"\\\1", name)


def pipe_table(table: pd.DataFrame) -> str:
    """Write a Markdown table of text; columns of numbers align right."""
    table = table.reset_index()
    numeric = [all(map(_is_number, filter(None, table[c]))) for c in table]
    rule = ["---:" if right else ":---" for right in numeric]
    rows = [list(table.columns), rule, *table.values.tolist()]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)


def _is_number(cell) -> bool:
    text = str(cell).replace("−", "-").strip()
    return bool(text) and (text[0].isdigit() or text[0] in "-—+[<" or text == "±")
