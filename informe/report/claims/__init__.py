"""What the original report claims, what was measured, and a verdict by stated rules.

rules.py      a claim, its verdict by an interval over seeds, and how both are written
classes.py    claims on single classes: the best, the hardest, what is confused
curves.py     claims on errors, epoch by epoch
networks.py   claims on whole networks: accuracy, sizes, times
parts.py      the claims on each data set
stated.py     the rules, as the report states them
"""

from informe.report.claims.parts import cifar10, fashion_mnist, mnist
from informe.report.claims.rules import FAILS, HOLDS, Claim
from informe.report.claims.stated import rules

__all__ = ["FAILS", "HOLDS", "Claim", "cifar10", "fashion_mnist", "mnist", "rules"]
