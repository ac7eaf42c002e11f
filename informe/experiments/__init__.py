"""Decisions, each with its experiment: declared in tables, run and shown in one way.

decision.py     what varies and what does not; run() uses the validation split
plans.py        what the notebooks train, in the forms that they share
answers.py      the sentence that answers each question, made from its outcome
panels.py       a figure with a panel for each decision
chosen.py       the network to which the decisions lead, measured once
mnist.py, fashion_mnist.py, cifar10.py   what each notebook trains
own.py          what a chapter on any data and network trains
linear.py       the MNIST network beside the logistic regression that it amounts to
dead.py         why a class is lost behind a ReLU
footwear.py     what a higher cost of errors on footwear gains and loses
overfitting.py  both errors, beyond the epoch where the original stops
"""

from informe.experiments.answers import answers, setting
from informe.experiments.chosen import choose
from informe.experiments.decision import Decision, Outcome, run
from informe.experiments.overfitting import follow
from informe.experiments.panels import plot_decisions

__all__ = [
    "Decision",
    "Outcome",
    "answers",
    "choose",
    "follow",
    "plot_decisions",
    "run",
    "setting",
]
