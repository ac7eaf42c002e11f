"""Decisions, each with its experiment: declared in a table, run and shown by one way.

decision.py     what varies and what does not; run() trains on the validation split
panels.py       a figure with a panel for each decision
answers.py      the sentence that answers each question, made from its outcome
mnist.py, fashion_mnist.py, cifar10.py   the table of each notebook
linear.py       the MNIST network as the logistic regression that it is
dead.py         why a class is lost behind a ReLU
"""

from informe.experiments.answers import answers, setting
from informe.experiments.decision import Decision, Length, Outcome, run
from informe.experiments.panels import plot_decisions

__all__ = [
    "Decision",
    "Length",
    "Outcome",
    "answers",
    "plot_decisions",
    "run",
    "setting",
]
