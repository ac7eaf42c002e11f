"""Many networks at once on a GPU, which one of them leaves idle.

stack.py   the steps, with stacked weights and in CUDA graphs
fit.py     what can be trained so; a training, from networks to results
"""

from helpers.gpu.fit import fit_many, stackable

__all__ = ["fit_many", "stackable"]
