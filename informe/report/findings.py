"""What each part found, in a sentence or two for the summary of the report."""

from informe.experiments import footwear
from informe.experiments.answers import EQUIVALENT, change, gains
from informe.experiments.chosen import Chosen
from informe.experiments.decision import Outcome
from informe.numbers import THIN, between, count, integer, percent, points, ratio
from informe.report.results import SEEDS, Measured, gap, told
from informe.report.sentences import DECISIONS, capital, step, the, value
from informe.statistics import exact, verdict

PARTS = {
    **{2: "la mitad", 3: "un tercio", 4: "un cuarto", 5: "un quinto", 6: "un sexto"},
    **{7: "un séptimo", 8: "un octavo", 9: "un noveno", 10: "un décimo"},
}
TIMES = {2: "el doble", 3: "el triple", 4: "el cuádruple"}
NEAR = 0.1  # a ratio this near to a whole number may be called by its name


def mnist(
    measured: dict[str, Measured], outcomes: dict[str, Outcome], chosen: Chosen
) -> str:
    """That the network is linear, what improves it, and what its last ReLU costs."""
    return (
        "Como nada entre sus dos capas rompe la linealidad, la red corregida equivale a"
        " una regresión logística; tiene una exactitud de"
        f" {value(measured['corregida'])}."
        f" {bought(measured, chosen)}{_most(outcomes, chosen)}"
        f" {lost(measured['original'])}"
    )


def fashion_mnist(measured: dict[str, Measured], cost: Outcome, chosen: Chosen) -> str:
    """What a higher cost of errors on footwear does and why; what else helps."""
    return (
        f"{_cost(cost)} La red corregida tiene una exactitud de"
        f" {value(measured['corregida'])}. {bought(measured, chosen)}"
    )


def cifar10(measured: dict[str, Measured], chosen: Chosen) -> str:
    """Which of the two networks is better, by how much, and at what cost."""
    dense, lenet = measured["densa"], measured["LeNet-5"]
    return (
        f"{_better(dense, lenet)} LeNet-5 tiene una exactitud de {value(lenet)}, y la"
        f" red densa, de {value(dense)}. {bought(measured, chosen)}"
    )


def own(
    measured: dict[str, Measured], outcomes: dict[str, Outcome], chosen: Chosen
) -> str:
    """How well a network does, and what improves it."""
    return (
        f"{capital(the(chosen.base))} tiene una exactitud de"
        f" {value(measured[chosen.base])}."
        f" {bought(measured, chosen)}{_most(outcomes, chosen)}"
    )


def bought(measured: dict[str, Measured], chosen: Chosen) -> str:
    """What the chosen network changes of another one, and what that gains."""
    base, new = chosen.base, [_option(*change) for change in chosen.changes.items()]
    epochs, after = count(chosen.epoch, "época", "épocas"), measured["elegida"]
    adopted = "; ".join([*(new or ["ninguna otra opción"]), epochs])
    return (
        f"La *elegida*, con lo que apoyan los experimentos ({adopted}), tiene una"
        f" exactitud de {value(after)}; frente a {the(base)},"
        f" {step(measured[base], after)}."
    )


def _option(name: str, label: str) -> str:
    return f"{DECISIONS.get(name, name)}: {label}"


def _most(outcomes: dict[str, Outcome], chosen: Chosen) -> str:
    """Which of the options that were adopted gains most, if several were compared."""
    found = {
        _option(name, label): gains(outcomes[name])[label]
        for name, label in chosen.changes.items()
        if label in gains(outcomes[name])
    }
    if len(found) < 2:
        return ""
    name, e = max(found.items(), key=lambda item: item[1].mean)
    return f" De ello, lo que más suma en validación es «{name}»: {change(e)}."


def lost(original: Measured) -> str:
    """In how many seeds the ReLU on the output loses classes."""
    k, n = original.collapsed, len(original.seeds)
    text = "La ReLU que el informe original pone en la salida"
    verb = "le hace perder alguna clase" if k else "no le hace perder ninguna clase"
    if n == 1:
        return f"{text} {verb} con la única semilla."
    some = f"con {k or 'ninguna'} de {n} semillas"
    return f"{text} {verb} {some} {between(*exact(k, n), 0)}{THIN}%."


def _cost(cost: Outcome) -> str:
    """What the cost asked for does to footwear."""
    asked = cost.decision.reference
    if asked == footwear.EQUAL:
        return "Todos los errores cuestan lo mismo."
    e = footwear.changes(cost)["calzado"][asked]
    found = verdict(e.low, e.high)
    words = {
        "more": "sube su exhaustividad",
        "less": "baja su exhaustividad",
        "equal": f"apenas mueve su exhaustividad, que equivale ({EQUIVALENT})",
    }
    word = words.get(found, "no cambia su exhaustividad de modo que se distinga")
    why = footwear.to_other_footwear(cost)
    return (
        f"Que un error en el calzado cueste {footwear.price(asked)} {word}:"
        f" {change(e)} en validación.{f' {why}.' if why else ''}"
    )


def _better(dense: Measured, lenet: Measured) -> str:
    """The answer, with the difference in points and what each network takes."""
    e, found = gap(lenet, dense), told(lenet, dense)
    size = f"{points(abs(e.mean))} puntos más"
    ends = between(*sorted((abs(e.low), abs(e.high))))
    small, large = _cost_of(lenet, dense), _cost_of(dense, lenet)
    if found == "more":
        return f"**LeNet-5 es mejor**: acierta {size} {ends} {small}."
    if found == "less":
        return f"**La red densa es mejor**: acierta {size} {ends} {large}."
    signed = f"{points(e.mean, '+')} puntos {between(e.low, e.high)}"
    minus = f"la exactitud de LeNet-5 menos la de la red densa es de {signed}"
    if found == "equal":
        text = f"**LeNet-5 y la red densa son equivalentes** ({EQUIVALENT})"
        return f"{text}: {minus}, y LeNet-5 la consigue {small}."
    few = f", con menos de {SEEDS} semillas" if e.n < SEEDS else ""
    text = f"**No se puede decir cuál de las dos redes es mejor**: {minus}{few}"
    return f"{text}. LeNet-5 se entrena {small}."


def _cost_of(a: Measured, b: Measured) -> str:
    """With how many parameters and in what time, compared with those of another."""
    size = sizes(a.parameters / b.parameters)
    return f"con {size} y {time(float(a.seconds.mean() / b.seconds.mean()))}"


def sizes(x: float) -> str:
    """So many times another network's parameters, in words."""
    about = ratio(max(x, 1 / x))
    if about == "1.0":
        return "más o menos los mismos parámetros"
    return f"{about} veces {'más' if x > 1 else 'menos'} parámetros"


def time(x: float) -> str:
    """So many times another network's time, in words."""
    long = max(x, 1 / x)
    n, near = round(long), abs(long / round(long) - 1) <= NEAR
    if ratio(long) == "1.0":
        return "en más o menos el mismo tiempo"
    names, of = (TIMES, "de tiempo") if x > 1 else (PARTS, "del tiempo")
    if n in names and near:
        return f"en aproximadamente {names[n]} {of}"
    if x > 1:
        return f"en {ratio(x)} veces el tiempo"
    return f"en {f'1/{integer(n)}' if n > 10 else f'el {percent(x, 0)}'} del tiempo"
