"""How much the report computes: parameters of each chapter, by profile.

What a profile does not mention keeps the default written in the notebook.
"""

# The parts of the report, in its order; also from the shortest to the longest to run.
PARTS = ("mnist", "fashion_mnist", "cifar10")

_SMALL = {"data": "sample", "n_seeds": 1, "decision_seeds": 1}
PROFILES: dict[str, dict[str, dict[str, object]]] = {
    # Two minutes: the committed sample, one seed; shows that everything works. With so
    # few images, each network learns something if its steps are many or long.
    "quick": {
        "mnist": _SMALL | {"epochs": 10, "batch_size": 10},
        "fashion_mnist": _SMALL | {"epochs": 10},
        "own": _SMALL,
        "cifar10": _SMALL
        | {"dense_seeds": 1, "dense_epochs": 3, "lenet_epochs": 20, "width": 1000}
        | {"batch_size": 10, "learning_rate": 0.02},
    },
    # The report as it is meant to be read: the notebooks' own defaults.
    "default": {},
    # Some hours on two cores: narrow intervals, also where experiments decide.
    "thorough": {
        "mnist": {"n_seeds": 100, "decision_seeds": 10},
        "fashion_mnist": {"n_seeds": 30, "decision_seeds": 10},
        "own": {"n_seeds": 30, "decision_seeds": 10},
        "cifar10": {"n_seeds": 30, "dense_seeds": 30, "decision_seeds": 10},
    },
}
