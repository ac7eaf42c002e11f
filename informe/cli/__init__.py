"""The command `informe`.

main.py        the command and its failures; build, doctor
build.py       from the notebooks to the PDF: check, execute, merge, typeset
profiles.py    how much the report computes
sweep.py       `informe sweep`
runs.py        `informe runs`: list, show, compare, export, prune
doctor.py      what this machine has and lacks
alone.py       one command at a time in a folder
"""
