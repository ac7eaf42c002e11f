"""The claims on each data set, in the order in which the original makes them."""

from collections.abc import Sequence

import numpy as np

from helpers.download.catalog import FOOTWEAR
from helpers.evaluation import precision, recall
from helpers.runs import Run
from informe.experiments.decision import Outcome
from informe.experiments.overfitting import Course
from informe.figures.seeds import lost
from informe.report import original, results
from informe.report.claims import classes, curves, networks
from informe.report.claims.rules import Claim, history
from informe.report.results import Measured

MNIST, FASHION = "MNIST", "Fashion-MNIST"
DENSE, LENET, BOTH = "densa", "LeNet-5", "ambas"
CHANCE = 0.1  # accuracy of a guess among ten classes
ENOUGH_DIGITS, ENOUGH_CLOTHES = 3, 7  # epochs that are said to have been enough
BEST_CLOTHES = (*FOOTWEAR, 8, 3, 1)  # with bag, dress and trousers
ALIKE = (0, 2, 4, 6)  # T-shirt, pullover (the original's top), coat, shirt
BIRD, PETS = 2, (5, 3, 4)  # dog, cat, deer
AS_GOOD = "Con 2 épocas el error es parecido al de 10"


def mnist(
    runs: list[Run], outcomes: dict[str, Outcome], names: Sequence[str]
) -> list[Claim]:
    """The claims about the first part, given the original network's runs.

    `outcomes` are those of `informe.experiments.run`; "loss" and "output" are used.
    `names` are those of the classes.
    """
    runs, output = _whole(runs), outcomes["output"]
    claim = "De varias pérdidas, todas dan malos resultados"
    return [
        networks.all_poor(MNIST, claim, outcomes["loss"].accuracies),
        *(
            networks.collapses(MNIST, name, output.most_predicted(name))
            for name in ("sigmoide", "tanh")
        ),
        *_digit_curves(history(runs, "test_error")),
        *_digits(_counts(runs), names),
        *_published(_counts(runs)),
    ]


def _whole(runs: list[Run]) -> list[Run]:
    """The seeds that predict every class, as the original's did; all if there is none.

    Behind a ReLU some seeds lose classes, and their errors are of another kind.
    """
    return [run for run in runs if not lost(run)] or runs


def _counts(runs: list[Run]) -> np.ndarray:
    return np.stack([run.confusion for run in runs])


def _digit_curves(errors: np.ndarray) -> list[Claim]:
    first = "El error empieza alto y se asienta en pocas iteraciones"
    then = "Después oscila en torno a un valor fijo"
    return [
        curves.settles(MNIST, first, errors, 1 - CHANCE),
        curves.oscillates(MNIST, then, errors, ENOUGH_DIGITS),
        curves.enough_epochs(MNIST, errors, ENOUGH_DIGITS),
    ]


def _digits(counts: np.ndarray, names: Sequence[str]) -> list[Claim]:
    best, hardest = (
        "El 0 y el 1 se reconocen mejor",
        "El 2 y el 8 son los más difíciles",
    )
    confused = "El 2 y el 8 se confunden con el 3 y el 5"
    return [
        classes.best(MNIST, best, counts, (0, 1), names),
        classes.hardest(MNIST, hardest, counts, (2, 8), names),
        classes.confused(MNIST, confused, counts, (2, 8), (3, 5), names),
    ]


def _published(counts: np.ndarray) -> list[Claim]:
    total = "La matriz de confusión está dividida entre el total de imágenes"
    figures = (
        ("Precisión", precision, original.PRECISION),
        ("Exhaustividad", recall, original.RECALL),
    )
    return [
        *(
            classes.published(
                MNIST,
                f"{word} del 0 al 9: {' '.join(f'{x:.2f}' for x in said)}",
                results.per_seed(measure, counts),
                said,
            )
            for word, measure, said in figures
        ),
        classes.normalised_by_total(MNIST, total, original.RECALL),
    ]


def fashion_mnist(runs: list[Run], names: Sequence[str]) -> list[Claim]:
    """The claims about the second part, given the original network's runs."""
    runs = _whole(runs)
    counts, errors = _counts(runs), history(runs, "test_error")
    best = "El calzado, el bolso, el vestido y el pantalón se reconocen mejor"
    confused = "Camisas, camisetas, tops (suéteres) y abrigos se confunden"
    return [
        curves.enough_epochs(FASHION, errors, ENOUGH_CLOTHES),
        classes.best(FASHION, best, counts, BEST_CLOTHES, names),
        classes.confused(FASHION, confused, counts, ALIKE, ALIKE, names),
    ]


def cifar10(
    runs: dict[str, list[Run]], course: Course, names: Sequence[str]
) -> list[Claim]:
    """The claims about the third part, given its two networks' runs.

    `course` is a training of the dense network for more epochs than the original's.
    """
    dense, lenet = (_whole(runs[name]) for name in ("densa", "LeNet-5"))
    pair = results.measured(lenet), results.measured(dense)
    return [
        *_dense(dense, names),
        *_slow(dense, course),
        *_lenet(lenet, names),
        *_accuracy(*pair),
        *_cost(*pair),
        _noise({"densa": dense, "LeNet-5": lenet}),
    ]


def _dense(runs: list[Run], names: Sequence[str]) -> list[Claim]:
    best = "Reconoce mejor rana, caballo, barco y avión"
    chance, good = "Acierta mucho más que el azar", "Queda lejos de una red competitiva"
    right = results.measured(runs).right
    return [
        classes.best(DENSE, best, _counts(runs), (6, 7, 8, 0), names),
        networks.beats_chance(DENSE, chance, right, CHANCE),
        networks.far_from_competitive(DENSE, good, right),
    ]


def _slow(runs: list[Run], course: Course) -> list[Claim]:
    """The claims on a training of two epochs, and what a longer one adds to them."""
    part, asked = DENSE, original.EPOCHS["dense"]
    train, test = _errors(runs, asked)
    learnt, seen = course.learnt.mean(0), course.errors.mean(0)
    more = [
        curves.beyond(course, asked, seen[-1] - seen[0]),
        curves.beyond(course, asked, _end(course.learnt), " por época"),
        curves.beyond(course, asked, seen[-1] - learnt[-1]),
    ]
    constant = "El error de prueba casi no cambia"
    slowly = "El de entrenamiento baja muy despacio"
    last = original.EPOCHS["lenet5"]
    return [
        curves.constant(part, constant, test, more[0]),
        curves.falls_slowly(part, slowly, train, more[1]),
        curves.overfits(part, "Sobreajusta, poco a poco", train, test, more[2]),
        curves.as_good_as(part, AS_GOOD, course, asked, last),
    ]


def _end(errors: np.ndarray) -> float:
    return float(curves.slope(errors).mean()) if errors.shape[1] > 1 else np.nan


def _errors(runs: list[Run], epochs: int) -> list[np.ndarray]:
    """Training and test errors (S, E), of no more epochs than the original's."""
    return [history(runs, name)[:, :epochs] for name in ("train_error", "test_error")]


def _lenet(runs: list[Run], names: Sequence[str]) -> list[Claim]:
    part, counts, epochs = LENET, _counts(runs), original.EPOCHS["lenet5"]
    train, test = _errors(runs, epochs)
    best = "Reconoce mejor automóvil, rana y caballo"
    bird = "El pájaro es un problema en particular"
    hard = "Pájaro, perro, gato y ciervo son lo más difícil"
    confused = "Perro, gato y ciervo se confunden entre sí"
    falls = f"Tras {epochs} épocas el error aún baja, muy despacio"
    settle = "Los dos errores bajan y al final parecen estabilizarse"
    return [
        classes.best(part, best, counts, (1, 6, 7), names),
        classes.hardest(part, bird, counts, (BIRD,), names),
        classes.hardest(part, hard, counts, (BIRD, *PETS), names),
        classes.confused(part, confused, counts, PETS, PETS, names),
        curves.falls_slowly(part, falls, test)
        if test.shape[1] == epochs
        else curves.too_short(part, falls, test.shape[1]),
        curves.both_settle(part, settle, train, test),
    ]


def _accuracy(lenet: Measured, dense: Measured) -> list[Claim]:
    matrix = "La matriz de confusión de LeNet-5 es en general mejor"
    composed = "Importa cómo se componen las funciones, no solo cuántos parámetros hay"
    return [
        networks.better_matrix(BOTH, matrix, lenet, dense),
        networks.more_accurate(BOTH, "LeNet-5 es superior", lenet, dense),
        networks.composition(BOTH, composed, lenet, dense),
    ]


def _cost(lenet: Measured, dense: Measured) -> list[Claim]:
    similar = "Con un tiempo parecido, LeNet-5 acierta mucho más"
    sizes = {"dense": dense.bytes, "lenet5": lenet.bytes}
    said = original.SECONDS, original.EPOCHS
    return [
        networks.sizes(BOTH, sizes, original.BYTES),
        networks.epoch_times(BOTH, dense, lenet, *said),
        networks.far_better_in_similar_time(BOTH, similar, lenet, dense),
    ]


def _noise(runs: dict[str, list[Run]]) -> Claim:
    """The claim that no curve falls all the time."""
    errors = {name: history(seeds, "test_error") for name, seeds in runs.items()}
    monotone = "Ninguna de las dos curvas de error es monótona"
    return curves.not_monotone(BOTH, monotone, errors)
