"""What a Spanish paragraph says, whatever its words are."""

import re


def says(text: str, *parts: str) -> bool:
    """Whether the parts are in the text: whole, in this order and not denied.

    Parts are numbers, names in « » and the words of a verdict. No other name may stand
    between them. A no-break space of the text counts as a space.
    """
    text = text.replace("\u00a0", " ")
    whole = (rf"(?<![\w.+−])(?<![Nn]o ){re.escape(p)}(?![.\u202f]?\w)" for p in parts)
    return re.search("[^«]*".join(whole), text) is not None
