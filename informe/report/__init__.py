"""What the notebooks and the PDF show of the results.

display.py     the report of one notebook: captioned figures and tables, paragraphs
results.py     what the runs measured, as the others need it
tables.py      tables, with Spanish headings
sentences.py   paragraphs on data, training, accuracy and conclusions
matrices.py    paragraphs on a confusion matrix
comparison.py  paragraphs that compare two networks
calibrated.py  calibration: a temperature, a figure, a paragraph
cost.py        what a network costs, beside its accuracy
findings.py    what each part found, for the summary
claims/        what the original claims, what was measured, a verdict by stated rules
original.py    the figures that the original report gives
chapters.py    the first and the last chapter, from what all parts measured
"""
