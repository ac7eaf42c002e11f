"""How a chapter ends: its answer, what the summary says of it, the claims it checks."""

from collections.abc import Callable
from dataclasses import dataclass, field

from helpers.runs import Run
from informe.experiments.chosen import Chosen
from informe.experiments.decision import Outcome
from informe.report import claims, comparison, findings, sentences
from informe.report.claims import Claim
from informe.report.results import Measured


@dataclass(frozen=True)
class Part:
    """What a chapter has found when it ends."""

    classes: tuple[str, ...]
    runs: dict[str, list[Run]]
    measured: dict[str, Measured]  # the networks it is about, and the chosen one
    chosen: Chosen
    outcomes: dict[str, Outcome]
    more: object  # the outcome on footwear in part 2, the courses in part 3


@dataclass(frozen=True)
class Ending:
    """What is made of that."""

    answer: str
    finding: str  # for the summary
    claims: list[Claim] = field(default_factory=list)  # of the original report
    question: str = ""  # of the whole report, if the finding answers it


def mnist(p: Part) -> Ending:
    """What one linear network does, and what a ReLU on its output costs."""
    return Ending(
        sentences.conclusion(p.measured, p.classes),
        findings.mnist(p.measured, p.outcomes, p.chosen),
        claims.mnist(p.runs["original"], p.outcomes, p.classes),
    )


def fashion_mnist(p: Part) -> Ending:
    """What a higher cost of errors on footwear does."""
    return Ending(
        sentences.conclusion(p.measured, p.classes, p.more),
        findings.fashion_mnist(p.measured, p.more, p.chosen),
        claims.fashion_mnist(p.runs["original"], p.classes),
    )


def cifar10(p: Part) -> Ending:
    """Which of two networks is better."""
    dense, lenet, _ = p.measured.values()
    return Ending(
        comparison.conclusion(dense, lenet),
        findings.cifar10(p.measured, p.chosen),
        claims.cifar10(p.runs, p.more["densa"], p.classes),
        "¿Qué vale más en una red que clasifica imágenes: muchos parámetros o una buena"
        " configuración?",
    )


def any_other(p: Part) -> Ending:
    """How well a network does, and what its decisions gain."""
    return Ending(
        sentences.conclusion(p.measured, p.classes),
        findings.own(p.measured, p.outcomes, p.chosen),
    )


ENDINGS: dict[str, Callable[[Part], Ending]] = {
    f.__name__: f for f in (mnist, fashion_mnist, cifar10)
}
