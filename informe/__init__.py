"""Makes the report of what `helpers` trained; not needed to train a network.

names.py      what networks, optimizers and options are called in Spanish
parameters.py what a notebook's parameters may be
errors.py     the error that a person can mend
experiments/  decisions, each with its experiment on the validation split
report/       what the notebooks show: captions, tables, sentences, claims
explore/      what lives in the page and in notebooks
execution/    how notebooks are executed, each in a process of its own
document/     nbconvert exporters, by Typst; the look of PDF and page
sweeps/       combinations of parameters, on one machine or a cluster
cli/          the command `informe`: build, sweep, runs, doctor
"""

import sys

# nbformat imports jsonschema, which imports this package if it is installed. That takes
# two seconds, and no notebook's schema needs it: it checks internationalised addresses.
sys.modules.setdefault("rfc3987_syntax", None)
