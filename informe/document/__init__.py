"""An executed notebook to a PDF: nbconvert, pandoc and Typst.

exporter.py    the nbconvert exporter; the title page
cells.py       what each cell and each output becomes
scan.py        formulas and more, found in the text as JupyterLab finds them
markdown.py    Markdown, HTML and formulas to Typst, by one run of pandoc
pictures.py    what is checked of a picture before Typst draws it
merge.py       several notebooks into one
typeset.py     Typst to PDF, always the same bytes
template/      the look of the PDF, and pandoc's filters
"""
