"""Decisions, each with its experiment: declared in tables, run and shown in one way.

decision.py     what varies and what does not; run() uses the validation split
plans.py        what the notebooks train, in the forms that they share
panels.py       a figure with a panel for each decision
answers.py      the sentence that answers each question, made from its outcome
mnist.py, fashion_mnist.py, cifar10.py   the table of each notebook
linear.py       the MNIST network beside the logistic regression that it amounts to
dead.py         why a class is lost behind a ReLU
footwear.py     what a higher cost of errors on footwear gains and loses
overfitting.py  training and validation error, epoch by epoch
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
