"""What the notebooks and the PDF show of the results.

report.py      what a notebook calls, in intents, with all captions
display.py     captioned figures, tables and listings, paragraphs
results.py     what the runs measured, over seeds and images
tables.py      tables, with Spanish headings
sentences.py   paragraphs on data, training, accuracy and conclusions
matrices.py    paragraphs on confusion matrices
comparison.py  paragraphs that compare recipes, or two trained networks
calibrated.py  calibration: a temperature, a figure, a paragraph
calibration.py its error, its temperature and their intervals
findings.py    what each part found, for the summary
endings.py     how a chapter ends: answer, finding, claims
claims/        what the original claims, what was measured, a verdict by stated rules
original.py    the figures that the original report gives
chapters.py    the first and the last chapter, from what all parts measured
glossary.py    the glossary
"""
