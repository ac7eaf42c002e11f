"""What is found in Markdown and HTML before pandoc reads them: formulas, above all."""

import html
import re

_CODE = {
    "markdown": r"^\ *(?P<fence>`{3,}|~{3,})[^`\n]*\n.*?(?:^\ *(?P=fence)|\Z)"
    r"|(?P<ticks>`+)(?!`)[^\n]*?[^`\n](?P=ticks)(?!`)|`+",
    "html": r"<(?P<tag>pre|code|script|style|textarea)\b.*?(?:</(?P=tag)\s*>|\Z)"
    r"|</?[a-z!][^>]*>",
}
_NO_CODE = {"markdown": r"(?!`[^`\n]+`)", "html": r"(?!</?[a-z!])"}
# What JupyterLab takes for formulas, before it reads the Markdown around them; groups
# named i… stand in the text, d… are displayed. Dollars within braces end none. (What a
# lookahead has found is not tried otherwise; Python 3.11 before 3.11.5 gets *+ wrong.)
_KINDS = ("i1", "i2", "i3", "d1", "d2", "d3")
_FORMULA = r"""
    (?:\\\\\((?P<i1>CHAR*?)\\\\\) | \\\\\[(?P<d1>CHAR*?)\\\\\] | \$\$(?P<d2>CHAR*?)\$\$
    | \$(?=(?P<i2>(?:\{(?:\{(?:\{[^{}]*\}|(?![{}])CHAR)*\}|(?![{}])CHAR)*\}
        |(?!\$)CHAR)+))(?P=i2)\$
    | (?P<d3>\\begin\{(?P<name>[a-z]*\*?)\}(?=.*\\end\{(?P=name)\})
        CHAR*?\\end\{(?P=name)\})
    | (?P<i3>\\(?:eq)?ref\{[^{}\n]*\})) (?:\s*<!--\s*\#(?P<id>[\w.:-]+)\s*-->)?
    | \\[\\{}$`]
""".replace("CHAR", r"(?:\\.|(?!\n[ \t]*\n)NO_CODE[^\\])")
_SCAN = {
    form: re.compile(
        f"{code}|{_FORMULA.replace('NO_CODE', _NO_CODE[form])}",
        re.DOTALL | re.MULTILINE | re.IGNORECASE | re.VERBOSE,
    )
    for form, code in _CODE.items()
}
_ID = re.compile(r"<!--\s*#([\w.:-]+)\s*-->")
_TABLE = re.compile(  # right below a line of text
    r"^(?![ \t]*\n)([^|\n]*\n)(?=[^\n]*\|[^\n]*\n[ \t|:]*-[ \t|:-]*$)", re.MULTILINE
)
_HEADING = re.compile(r"^( {0,3}#{1,6})\xa0", re.MULTILINE)
# our tokens, and what nobody sees
PRIVATE = re.compile("[\ue000-\ue01f\0-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DISGUISED = re.compile(r"(?i)&#(x0*e0[01][\da-f](?![\da-f])|0*573[4-7]\d(?!\d))")


def marked(typed: str, form: str) -> tuple[str, list[dict]]:
    """A text with a number in the place of each formula, and the formulas.

    ``form`` is "markdown" or "html". A formula has its ``tex``, whether it is to
    ``display``, and the ``source`` that stood in the text, as HTML.
    """
    formulas: list[dict] = []

    def token(match: re.Match) -> str:
        kind = next((kind for kind in _KINDS if match[kind] is not None), None)
        if not kind:
            return match[0]
        tex = html.unescape(match[kind]) if form == "html" else match[kind]
        label = rf"\label{{{match['id']}}}" if match["id"] else ""
        display = kind[0] == "d" or bool(label)
        tex, source = label + tex.strip(), html.escape(match[0])
        formulas.append({"tex": tex, "display": display, "source": source})
        return f"\ue010{len(formulas)}\ue011"

    clean = _DISGUISED.sub(r"&amp;#\1", PRIVATE.sub("", typed))
    text = _SCAN[form].sub(token, clean) + "\n"
    if form == "markdown":
        text = _HEADING.sub(r"\1 ", _TABLE.sub(r"\1\n", text))
    return _ID.sub(r'<span data-id_="\1"></span>', text), formulas
