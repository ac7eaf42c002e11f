"""The claims on each data set, in the order in which the original makes them."""

import numpy as np

from helpers.datasets import FOOTWEAR
from helpers.evaluation import precision, recall
from helpers.runs import Run
from informe.experiments import Outcome
from informe.report import original, results
from informe.report.claims import classes, curves, networks
from informe.report.claims.rules import Claim, history

MNIST, FASHION = "MNIST", "Fashion-MNIST"
DENSE, LENET, BOTH = (f"CIFAR-10, {n}" for n in ("densa", "LeNet-5", "las dos"))
CHANCE = 0.1  # accuracy of a guess among ten classes
SETTLED = 3  # epoch from which the error on MNIST is said to oscillate
BEST_CLOTHES = (*FOOTWEAR, 8, 3, 1)  # with bag, dress and trousers
ALIKE = (0, 2, 4, 6)  # T-shirt, pullover, coat, shirt
BIRD, PETS = 2, (5, 3, 4)  # dog, cat, deer
ENOUGH = "Con 2 épocas el error es parecido al de 10", original.EPOCHS["dense"]


def mnist(runs: list[Run], outcomes: dict[str, Outcome], names) -> list[Claim]:
    """The claims about the first part, given the original network's runs.

    `outcomes` are those of `informe.experiments.run`; "loss", "output" and "epochs" are
    used. `names` are those of the classes.
    """
    runs, output = _whole(runs), outcomes["output"]
    claim = "De varias pérdidas, todas dan malos resultados"
    return [
        networks.all_poor(MNIST, claim, outcomes["loss"].accuracies),
        *(
            networks.collapses(MNIST, name, output.most_predicted(name))
            for name in ("sigmoide", "tanh")
        ),
        *_digit_curves(history(runs, "test_error"), outcomes["epochs"]),
        *_digits(results.per_seed(np.asarray, runs), names),
        *_published(runs),
    ]


def _whole(runs: list[Run]) -> list[Run]:
    """The seeds that predict every class, as the original's did; all if there is none.

    Behind a ReLU some seeds lose classes, and their errors are of another kind.
    """
    return [run for run in runs if not results.lost_classes(run)] or runs


def _digit_curves(errors: np.ndarray, epochs: Outcome) -> list[Claim]:
    first = "El error empieza alto y se asienta en pocas iteraciones"
    then = "Después oscila en torno a un valor fijo"
    return [
        curves.settles(MNIST, first, errors, 1 - CHANCE),
        curves.oscillates(MNIST, then, errors, SETTLED),
        curves.enough_epochs(MNIST, epochs),
    ]


def _digits(counts: np.ndarray, names) -> list[Claim]:
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


def _published(runs: list[Run]) -> list[Claim]:
    figures = (
        ("Precisión", precision, original.PRECISION),
        ("Exhaustividad", recall, original.RECALL),
    )
    return [
        classes.published(
            MNIST,
            f"{word} del 0 al 9: {', '.join(f'{x:.2f}' for x in said)}",
            results.per_seed(measure, runs),
            said,
        )
        for word, measure, said in figures
    ]


def fashion_mnist(runs: list[Run], epochs: Outcome, names) -> list[Claim]:
    """The claims about the second part, given the original network's runs."""
    counts = results.per_seed(np.asarray, _whole(runs))
    best = "El calzado, el bolso, el vestido y el pantalón se reconocen mejor"
    confused = "Camisetas, camisas, suéteres y abrigos se confunden entre sí"
    return [
        curves.enough_epochs(FASHION, epochs),
        classes.best(FASHION, best, counts, BEST_CLOTHES, names),
        classes.confused(FASHION, confused, counts, ALIKE, ALIKE, names),
    ]


def cifar10(
    runs: dict[str, list[Run]], longer: Outcome, learnt: int, names
) -> list[Claim]:
    """The claims about the third part, given its two networks' runs.

    `longer` is a training of the dense network for more epochs, on `learnt` images.
    """
    dense, lenet = runs["densa"], runs["LeNet-5"]
    return [
        *_dense(dense, names),
        curves.as_good_as_the_last(DENSE, *ENOUGH, longer, learnt),
        *_lenet(lenet, names),
        *_accuracy(dense, lenet, names),
        *_cost(dense, lenet),
    ]


def _dense(runs: list[Run], names) -> list[Claim]:
    part, counts = DENSE, results.per_seed(np.asarray, runs)
    train, test = history(runs, "train_error"), history(runs, "test_error")
    accuracy = results.accuracies(runs)
    best = "Reconoce mejor rana, caballo, barco y avión"
    chance, good = "Acierta mucho más que el azar", "Queda lejos de una red competitiva"
    constant = "El error de prueba casi no cambia"
    slowly = "El de entrenamiento baja muy despacio"
    return [
        classes.best(part, best, counts, (6, 7, 8, 0), names),
        networks.beats_chance(part, chance, accuracy, CHANCE),
        networks.far_from_competitive(part, good, accuracy),
        curves.constant(part, constant, test),
        curves.falls_slowly(part, slowly, train),
        curves.overfits(part, "Sobreajusta, poco a poco", train, test),
    ]


def _lenet(runs: list[Run], names) -> list[Claim]:
    part, counts = LENET, results.per_seed(np.asarray, runs)
    train, test = history(runs, "train_error"), history(runs, "test_error")
    best, bird = "Reconoce mejor automóvil, rana y caballo", "El pájaro es lo peor"
    hard = "Pájaro, perro, gato y ciervo son lo más difícil"
    confused = "Perro, gato y ciervo se confunden entre sí"
    falls = f"Tras {original.EPOCHS['lenet5']} épocas el error aún baja, muy despacio"
    settle = "Los dos errores bajan y al final parecen estabilizarse"
    return [
        classes.best(part, best, counts, (1, 6, 7), names),
        classes.hardest(part, bird, counts, (BIRD,), names),
        classes.hardest(part, hard, counts, (BIRD, *PETS), names),
        classes.confused(part, confused, counts, PETS, PETS, names),
        curves.falls_slowly(part, falls, test),
        curves.both_settle(part, settle, train, test),
    ]


def _accuracy(dense: list[Run], lenet: list[Run], names) -> list[Claim]:
    part = BOTH
    accuracy = results.accuracies(lenet), results.accuracies(dense)
    recalls = (results.per_seed(recall, runs) for runs in (lenet, dense))
    parameters = lenet[0].parameters, dense[0].parameters
    matrix = "La matriz de confusión de LeNet-5 es en general mejor"
    composed = "Importa más cómo se componen las funciones que el número de parámetros"
    return [
        networks.better_matrix(part, matrix, *recalls, names),
        networks.more_accurate(part, "LeNet-5 es superior", *accuracy),
        networks.composition(part, composed, *accuracy, parameters),
    ]


def _cost(dense: list[Run], lenet: list[Run]) -> list[Claim]:
    part = BOTH
    seconds = [[run.seconds for run in runs] for runs in (dense, lenet)]
    epochs = [len(runs[0].history) for runs in (dense, lenet)]
    accuracy = results.accuracies(lenet), results.accuracies(dense)
    errors = {"densa": history(dense, "test_error")}
    errors["LeNet-5"] = history(lenet, "test_error")
    similar = "Con un tiempo parecido, LeNet-5 acierta mucho más"
    monotone = "Ninguna de las dos curvas de error es monótona"
    bytes_ = {"dense": dense[0].bytes, "lenet5": lenet[0].bytes}
    said = original.SECONDS, original.EPOCHS
    return [
        networks.sizes(part, bytes_, original.BYTES),
        networks.epoch_times(part, seconds, epochs, *said),
        networks.far_better_in_similar_time(part, similar, accuracy, seconds[::-1]),
        curves.not_monotone(part, monotone, errors),
    ]
