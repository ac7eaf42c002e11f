"""What part 3 trains: two networks, their decisions, and longer courses of both."""

from dataclasses import replace

from helpers.datasets import Dataset
from helpers.runs import Plan
from helpers.training import Recipe
from helpers.validation import measured_also, validation
from informe.experiments.chosen import Choice, adopt
from informe.experiments.decision import Decision, Outcome, plans_of
from informe.experiments.plans import Plans, Sets, longer, seeds
from informe.names import OPTIMIZER_NAMES
from informe.numbers import count, integer, small

BRIEF = 2  # epochs of LeNet-5, at most, where optimizers are compared
NARROW = 200  # neurons of the dense network where it is compared; one epoch
WIDTH_SEEDS = 5  # at most
# How many times the original's epochs the courses last: 10 for the dense network, of
# which the original says that 2 do as well; for LeNet-5 about the other's time.
COURSES = {"densa": 5, "LeNet-5": 3}


def networks(settings) -> Plans:
    """The networks of the notebook, whose parameters are `settings`."""
    s = settings
    same = {"learning_rate": s.learning_rate, "batch_size": s.batch_size}
    dense = Recipe(optimizer="adagrad", epochs=s.dense_epochs, **same)
    lenet = Recipe(optimizer="sgd", epochs=s.lenet_epochs, **same)
    return {
        "densa": Plan("dense", dense, seeds(s, s.dense_seeds), {"width": s.width}),
        "LeNet-5": Plan("lenet5", lenet, seeds(s, s.n_seeds)),
    }


def everything(settings, data: Dataset) -> Sets:
    """All that the notebook trains, but for the chosen network."""
    part = cut(data)
    return [
        (data, networks(settings) | narrower(settings)),
        (part, plans_of(decisions(settings))),
        (measured_also(part, data, "train"), courses(settings)),
    ]


def cut(data: Dataset) -> Dataset:
    """The split on which the decisions are made."""
    return validation(data)


def narrower(settings) -> Plans:
    """The dense network with a tenth and a hundredth of its neurons, by their number.

    They are measured on the test images like the others: nothing is chosen by them.
    """
    dense = networks(settings)["densa"]
    few = replace(dense, seeds=dense.seeds[:WIDTH_SEEDS])
    widths = sorted({max(settings.width // n, 1) for n in (10, 100)} - {settings.width})
    return {
        f"densa ({integer(n)})": replace(few, options={"width": n})
        for n in reversed(widths)
    }


def courses(settings) -> Plans:
    """Both networks for longer than in the original, to see where their errors go."""
    dense, lenet = networks(settings).values()
    several = seeds(settings, settings.decision_seeds)
    dense = longer(replace(dense, seeds=dense.seeds[:1]), COURSES["densa"])
    lenet = longer(replace(lenet, seeds=several), COURSES["LeNet-5"])
    return {
        f"densa, {count(dense.recipe.epochs, 'época', 'épocas')}": dense,
        f"LeNet-5, {count(lenet.recipe.epochs, 'época', 'épocas')}": lenet,
    }


def decisions(settings) -> list[Decision]:
    """The decisions of the notebook."""
    dense, lenet = networks(settings).values()
    several = seeds(settings, settings.decision_seeds)
    once = replace(dense.recipe, epochs=1)
    options = {"width": min(NARROW, settings.width)}
    dense = replace(dense, recipe=once, seeds=several, options=options)
    brief = replace(lenet.recipe, epochs=min(BRIEF, settings.lenet_epochs))
    lenet = replace(lenet, recipe=brief, seeds=several)
    rate = settings.learning_rate
    return [
        Decision("dense-optimizer", DENSE, dense, *optimizers("adagrad", rate)),
        Decision("lenet-optimizer", LENET, lenet, *optimizers("sgd", rate)),
        Decision("convolution", BEFORE, dense, CONVOLUTION, "sí"),
    ]


def chosen(settings, outcomes: dict[str, Outcome]) -> Choice:
    """The LeNet-5 to which the outcomes of its decisions lead."""
    several = seeds(settings, settings.decision_seeds)
    own = {k: v for k, v in outcomes.items() if v.decision.base.network == "lenet5"}
    return adopt(networks(settings), "LeNet-5", own, several)


def optimizers(name: str, rate: float) -> tuple[dict, str]:
    """Choices: each optimizer with its rates, and the one asked; the latter's label."""
    pairs = sorted({*RATES, (name, rate)}, key=lambda pair: (ORDER[pair[0]], pair[1]))
    choices = {_label(*p): {"optimizer": p[0], "learning_rate": p[1]} for p in pairs}
    return choices, _label(name, rate)


def _label(name: str, rate: float) -> str:
    return f"{OPTIMIZER_NAMES[name]}, {small(rate)}"


DENSE, LENET = "Densa: ¿qué optimizador?", "LeNet-5: ¿qué optimizador?"
BEFORE = "Densa: ¿una convolución antes?"
ORDER = {name: place for place, name in enumerate(OPTIMIZER_NAMES)}
# They bracket each optimizer's best
RATES = {
    *(("sgd", 0.01), ("sgd", 0.1), ("sgd", 0.3)),
    *(("adam", 0.0003), ("adam", 0.001), ("adam", 0.003)),
    *(("adagrad", 0.003), ("adagrad", 0.01), ("adagrad", 0.03)),
}
CONVOLUTION = {"sí": {}, "no": {"convolution": False}}
