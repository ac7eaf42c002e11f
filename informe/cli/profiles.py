"""How much the report computes: parameters of each notebook, by profile.

What a profile does not mention keeps the default written in the notebook.
"""

# The parts of the report, in its order; also from the shortest to the longest to run.
PARTS = ("mnist", "fashion_mnist", "cifar10")

PROFILES = {
    # Under two minutes: the committed sample, one seed; shows that everything works.
    "quick": {
        "mnist": {"data": "sample", "n_seeds": 1, "epochs": 3},
        "fashion_mnist": {"data": "sample", "n_seeds": 1, "epochs": 3},
        "cifar10": {
            "data": "sample",
            "n_seeds": 1,
            "dense_seeds": 1,
            "dense_epochs": 1,
            "lenet_epochs": 3,
        },
    },
    # The report as it is meant to be read: the notebooks' own defaults.
    "default": {},
    # Half an hour on two cores of a server: enough seeds for narrow intervals.
    "thorough": {
        "mnist": {"n_seeds": 10},
        "fashion_mnist": {"n_seeds": 10},
        "cifar10": {"n_seeds": 10, "dense_seeds": 10},
    },
}
