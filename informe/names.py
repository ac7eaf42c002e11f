"""What networks, and what they are trained with, are called in Spanish."""

from helpers.runs import Run
from helpers.training import Recipe
from informe import numbers

NETWORK_NAMES = {
    "one_hidden": "una capa oculta",
    "two_hidden": "dos capas ocultas",
    "dense": "densa",
    "lenet5": "LeNet-5",
}
OPTIMIZER_NAMES = {
    "sgd": "SGD",
    "adam": "Adam",
    "adagrad": "Adagrad",
    "rmsprop": "RMSprop",
}
LOSS_NAMES = {
    "cross_entropy": "entropía cruzada",
    "mse": "error cuadrático",
    "multi_margin": "margen multiclase",
}
ACTIVATION_NAMES = {
    None: "ninguna",
    "relu": "ReLU",
    "elu": "ELU",
    "sigmoid": "sigmoide",
    "tanh": "tanh",
}
OPTION_NAMES = {
    "activation": "activación",
    "channels": "canales",
    "classes": "clases",
    "convolution": "convolución",
    "filters": "filtros",
    "filters1": "filtros en la 1.ª capa",
    "filters2": "filtros en la 2.ª capa",
    "first": "1.ª activación",
    "kernel": "filtro",
    "kernel2": "filtro de la 2.ª capa",
    "second": "2.ª activación",
    "side": "lado",
    "width": "neuronas",
}
PART_NAMES = {
    "test": "prueba",
    "validation": "validación",
    "validation+test": "validación y prueba",
    "validation+train": "validación y entrenamiento",
}


def network_of(run: Run) -> str:
    """Name of a run's network, with the activation on its output if there is one."""
    given = run.about["network"]
    name = NETWORK_NAMES.get(given, given.rpartition(".")[2])  # less its module
    output = run.about["options"].get("output")
    return f"{name} con {_option(output)} en la salida" if output else name


def recipe_of(run: Run) -> str:
    """Short text on how a run's network was trained and on how many images.

    It differs between any two recipes, network options or numbers of images, except
    that it leaves out the activation on the output.
    """
    about, recipe = run.about, run.about["recipe"]
    optimizer, rate = recipe["optimizer"], recipe["learning_rate"]
    weights, size = recipe["class_weights"], recipe["batch_size"]
    loss, images = recipe["loss"], about["train_images"]
    options = {k: v for k, v in about["options"].items() if k != "output"}
    parts = [
        f"{OPTIMIZER_NAMES[optimizer]} {numbers.small(rate)}",
        numbers.count(recipe["epochs"], "época", "épocas"),
        LOSS_NAMES[loss] if loss != Recipe().loss else None,
        weights and "pesos " + "-".join(f"{w:g}" for w in weights),
        f"lotes de {size}" if size != Recipe().batch_size else None,
        *(f"{OPTION_NAMES.get(k, k)} {_option(v)}" for k, v in options.items()),
        images and numbers.images(images),
    ]
    return ", ".join(filter(None, parts))


def _option(value: object) -> str:
    if isinstance(value, bool):
        return "sí" if value else "no"
    if isinstance(value, int):
        return numbers.integer(value)
    known = value is None or isinstance(value, str)
    return ACTIVATION_NAMES.get(value, str(value)) if known else str(value)
