"""The report of one part: each method shows one thing, its caption and what it says."""

from collections.abc import Callable, Sequence
from inspect import isclass

import numpy as np
from matplotlib.axes import Axes
from torch import nn

from helpers import models, plotting
from helpers.datasets import KNOWN, Dataset
from helpers.evaluation import recall
from helpers.runs import Plan, Run, train
from helpers.validation import validation
from informe import experiments
from informe.experiments import dead, footwear, linear, overfitting
from informe.experiments.answers import judging, short
from informe.experiments.chosen import NAME, Chosen
from informe.experiments.decision import Outcome
from informe.experiments.overfitting import Course
from informe.explore.live import matrix_spec, network_spec, pair_spec
from informe.figures import (
    collapse,
    noise,
    per_class,
    pictures,
    seconds,
    seeds,
    shift,
    spread,
    templates,
    undecided,
)
from informe.figures.marks import mark
from informe.figures.worked import worked
from informe.numbers import listing, percent
from informe.report import (
    calibrated,
    claims,
    comparison,
    matrices,
    results,
    sentences,
    tables,
)
from informe.report.display import Display
from informe.report.endings import ENDINGS, Part, any_other
from informe.report.pipes import plain
from informe.report.results import Measured
from informe.report.sentences import capital

LISTINGS = {
    "step": "Un paso del entrenamiento.",
    "criterion": "La pérdida, con sus pesos si los hay.",
    "networks": "Las redes, su receta y sus semillas.",
}
ORIGINAL = (
    "La red original, capa por capa. La corregida es la misma sin la última capa, que"
    " no tiene parámetros."
)
BESIDE = ", junto a las del informe original, que son de un solo entrenamiento"
# What only the page shows, where it cannot
PAIR = "La página del informe, con JavaScript, muestra qué imágenes acierta solo una."
COMPUTED = (
    "En la página del informe, con JavaScript, las redes clasifican las imágenes que se"
    " les den, capa por capa."
)
NO_ERRORS = " Con esa semilla no hay ninguna."
MANY = 50  # classes
ABREAST = 136  # characters of the titles of errors that stand side by side


class Report(Display):
    """What a notebook shows in its chapter, in intents: examples, curves, errors…"""

    def __init__(self, data: Dataset, name: str = "", title: str = ""):
        """Say what the data are; the runs shown are remembered for `conclusion`.

        Without a `name` and a `title`, the chapter has those of the data.
        """
        super().__init__(data, name)
        self.title, self.shown = title or data.title, list[Run]()
        self.names = tuple(map(plain, data.classes))  # for prose
        self.say(sentences.data_set(data))

    def examples(self) -> None:
        """Two images of each class or, of many, one."""
        classes = self.data.classes
        rows, first = (2, "Las dos primeras imágenes")
        if len(classes) > MANY:
            rows, first = (1, "La primera imagen")
        self.figure(
            pictures.plot_examples(self.data.train, classes, rows=rows),
            "examples",
            f"{first} de entrenamiento de cada clase.",
            f"Cuadrícula con imágenes de cada clase de {self.data.title}.",
        )

    def code(self, thing: Callable) -> None:
        """The source of a function, as a listing with its name."""
        name = thing.__name__
        self.source(thing, name, LISTINGS.get(name, f"El código de `{name}`."))

    def network(
        self,
        make: Callable[..., nn.Module],
        options: dict | None = None,
        called: str = "la red",
        name: str = "",
    ) -> None:
        """What makes a network and, with its `options`, the layers that it then has.

        Prose refers to them as `#lst-<name>` and `#tab-<name>-layers`, by default with
        the function's name.
        """
        name, kind = name or make.__name__, "clase" if isclass(make) else "función"
        self.source(make, name, f"La {kind} que construye {called}.")
        if options is not None:
            model = models.build(make, **options)
            layers = tables.layers(model, self.data.train.images[:1])
            caption = f"{capital(called)}, capa por capa."
            original = options == models.VARIANTS["original"]
            self.table(layers, f"{name}-layers", ORIGINAL if original else caption)

    def noise(self, plans: dict[str, Plan], name: str) -> None:
        """The loss batch by batch, in a training of its own of the network `name`."""
        plan = plans[name]
        losses = noise.record(self.data, plan)
        self.figure(
            noise.plot_noise(losses),
            "noise",
            "La pérdida de cada lote (línea tenue) y su media móvil, paso a paso, en"
            f" las primeras épocas de la red {name} (semilla {plan.seeds[0]}).",
            "Curva muy irregular de la pérdida de cada lote y, encima, su media móvil,"
            " que baja y se estabiliza.",
        )
        self.say(noise.sentence(losses))

    def decisions(
        self, outcomes: dict[str, Outcome], cut: Dataset, explain: bool = False
    ) -> None:
        """What the experiments answer, in a figure and in sentences.

        With `explain`, also how options are judged, which a report says once.
        """
        self._keep(*outcomes.values())
        how = judging(outcomes) if explain else ""
        self.say(f"{experiments.setting(outcomes, cut)} {how}".strip())
        questions = ", ".join(o.decision.question for o in outcomes.values())
        whose = short(next(iter(outcomes.values())).decision.whose)
        self.figure(
            experiments.plot_decisions(outcomes),
            "decisions",
            "Exactitud de validación de cada opción: un punto por semilla y una raya en"
            f" su media; los rombos naranjas son lo que usa {whose}. Un triángulo en"
            " el borde es una semilla muy por debajo, con su valor; no llevan raya las"
            " opciones que pierden alguna clase.",
            f"Un panel de exactitud por decisión: {questions}",
        )
        self.say(experiments.answers(outcomes))

    def footwear(self, outcome: Outcome, cut: Dataset) -> None:
        """What a higher cost of errors on footwear gains and loses."""
        self._keep(outcome)
        self.say(experiments.setting({"footwear": outcome}, cut))
        self.figure(
            footwear.plot_footwear(outcome),
            "footwear",
            "Exhaustividad de validación según el costo de un error en el calzado."
            " Líneas finas: cada semilla; puntos: su media, con su intervalo del 95 %.",
            "Tres gráficas contra el costo de un error en el calzado: la exhaustividad"
            " del calzado, la de las demás prendas y la de todas.",
        )
        self.say(footwear.answer(outcome))

    def linear(self, outcome: Outcome, cut: Dataset) -> None:
        """The linear network's weights as images, beside a logistic regression."""
        runs = outcome.runs[outcome.decision.reference]
        matrix, _ = linear.fold(runs[0].model(), self.data.train.images.shape[1:])
        self.figure(
            templates.plot_templates(matrix.numpy(), classes=self.data.classes),
            "templates",
            "Los pesos de la red plegada, una imagen por clase, menos su media entre"
            " clases: un trazo sobre lo naranja suma a favor de la clase, y sobre lo"
            " morado, en contra.",
            f"{len(matrix)} imágenes de pesos, una por clase, en naranja y morado.",
        )
        self.say(templates.sentence(matrix.numpy(), classes=self.names))
        self.say(linear.comparison(runs[0].model(), runs, cut))

    def curves(self, drawn: dict[str, list[Run]], runs: dict[str, list[Run]]) -> None:
        """How `runs` were trained, and the errors of those `drawn`, by epoch."""
        self.say(sentences.training(runs))
        ax = plotting.plot_curves({k: results.histories(v) for k, v in drawn.items()})
        for name, trained in drawn.items():
            mark_epochs(ax, name, trained)
        self.figure(
            ax,
            "curves",
            "Error de entrenamiento (línea discontinua) y de predicción (línea"
            " continua). Línea: media de las semillas; banda: de la más baja a la más"
            " alta.",
            f"Curvas de error contra la época: {', '.join(drawn)}.",
        )
        for name, trained in drawn.items():
            self.say(sentences.curves(name, trained))

    def chosen(self, chosen: Chosen) -> None:
        """What the chosen network adopts, and how many epochs."""
        self.shown += chosen.runs
        self.say(sentences.chosen(chosen))

    def courses(self, courses: dict[str, Course]) -> None:
        """Both errors beyond the original's epochs, and against the time."""
        for course in courses.values():
            self.shown += course.runs
        self.figure(
            overfitting.plot_overfitting(courses),
            "overfitting",
            "Error de entrenamiento y de validación al final de cada época. La línea"
            " vertical marca las épocas del original; la franja va de la peor a la"
            " mejor semilla.",
            "Dos gráficas de error contra la época: la red densa y LeNet-5.",
        )
        for name, course in courses.items():
            self.say(overfitting.answer(name, course))
        self.figure(
            seconds.plot_seconds(
                {name: course.runs for name, course in courses.items()},
                {name: course.asked for name, course in courses.items()},
                first=len(next(iter(courses.values())).labels),
            ),
            "seconds",
            "Error de validación después de cada época contra los segundos de"
            " entrenamiento hasta entonces. Línea: media de las semillas; banda, donde"
            " hay varias: de la más baja a la más alta. El anillo marca las épocas del"
            " informe original.",
            "El error de cada red contra los segundos que lleva entrenando.",
        )
        self.say(seconds.sentence(at_equal_time(courses), *courses))

    def measure(
        self, runs: dict[str, list[Run]], chosen: Chosen
    ) -> dict[str, Measured]:
        """What the test images say of each network, by its name.

        The chapter is about the first two and the chosen one.
        """
        self.runs, self.base = dict([*runs.items()][:2]), chosen.base
        return results.measure(runs, chosen)

    def seeds(self, measured: dict[str, Measured]) -> None:
        """Every seed's accuracy, and how many lose classes."""
        self.figure(
            collapse.plot_collapse(measured),
            "seeds",
            "Exactitud en las imágenes de prueba: cada punto es una semilla; su forma y"
            " su color dicen cuántas clases no predice nunca.",
            f"Puntos de exactitud de cada semilla: {', '.join(measured)}.",
        )
        main = (*self.runs, NAME)
        for name in main:
            lost = collapse.sentence(name, measured[name], self.names)
            self.say(f"{sentences.headline(name, measured[name])} {lost}".strip())
        self.say(sentences.others({k: m for k, m in measured.items() if k not in main}))

    def evidence(self, measured: dict[str, Measured]) -> None:
        """What the recipes gain, from the original's to the chosen one."""
        (name, one), (other_name, other) = list(measured.items())[:2]
        self.say(comparison.versus(name, one, other_name, other))
        context = comparison.CONTEXT.get(self.data.name, "")
        self.say(f"{comparison.evidence(measured, self.base)} {context}".strip())

    def pair(self) -> None:
        """On the page, which images only one of the first two networks gets right."""
        self.alive(pair_spec(*self.runs.items()), PAIR)

    def spread(self, measured: dict[str, Measured]) -> None:
        """How much of the spread between seeds the finite test set makes."""
        self.figure(
            spread.plot_spread(measured),
            "spread",
            "De dónde viene la varianza de la exactitud entre semillas: de que las"
            " imágenes de prueba son pocas, o de que las redes son distintas"
            " [(Jordan, 2023)](#bib-jordan2023). A la derecha, la desviación estándar"
            " observada.",
            "Una barra por red, partida en la parte de las imágenes y la de las redes.",
        )
        self.say(spread.sentence(measured))

    def paired(self, measured: dict[str, Measured]) -> None:
        """McNemar's test of the first seeds of the first two networks."""
        (a, one), (b, other) = list(measured.items())[:2]
        pair = results.paired(one, other)
        self.table(
            tables.paired(pair, a, b),
            "mcnemar",
            "Imágenes de prueba que cada red acierta o falla (primera semilla de cada"
            " una).",
            live=pair_spec(*self.runs.items()),
        )
        self.say(comparison.taught(pair, a, b))

    def confusion(
        self, measured: dict[str, Measured], name: str, figure: str = "confusion"
    ) -> None:
        """The mean confusion matrix over seeds, and its best and worst classes."""
        counts, classes = measured[name].whole.counts, self.data.classes
        self.figure(
            plotting.plot_confusion(counts.mean(0), classes=classes),
            figure,
            f"Matriz de confusión de la red {name}"
            f"{', media de las semillas' if len(counts) > 1 else ''}. En cada"
            " celda, el número de imágenes y su porcentaje de la fila.",
            f"Matriz de confusión de la red {name} en las {len(classes)} clases.",
            live=matrix_spec(whole(self.runs, measured), first=name),
        )
        self.say(matrices.extremes(counts, self.names))

    def per_class(
        self, measured: Measured, example: int = 0, original: bool = False
    ) -> None:
        """Precision and recall of each class, one of them worked out.

        With `original`, they stand beside those of the original report.
        """
        counts, classes = measured.counts, self.names
        n = len(measured.whole.seeds)
        over = f"media de {n} semillas" if n > 1 else "intervalos entre imágenes"
        self.say(worked(counts[0], example, classes))
        self.table(
            tables.per_class(measured, classes, with_original=original),
            "per-class",
            f"Precisión y exhaustividad de cada clase ({over}){BESIDE * original}.",
        )
        if original:
            self.say(matrices.versus_original(counts, classes))

    def classes(self, measured: dict[str, Measured]) -> None:
        """The recall of each class in each seed, one network beside the other."""
        names, classes = listing(measured), self.data.classes
        values = {k: results.per_seed(recall, m.counts) for k, m in measured.items()}
        ax = per_class.plot_per_class(values, classes=classes, label="exhaustividad")
        for line, (name, one) in zip(ax.lines[::2], measured.items(), strict=True):
            mark_classes(ax, line.get_xdata(), name, one, values[name], classes)
        self.figure(
            ax,
            "classes",
            f"Exhaustividad de cada clase en cada semilla (puntos) y su media (raya):"
            f" {names}.",
            f"Exhaustividad de las {len(classes)} clases con las redes {names}.",
        )

    def errors(
        self, measured: Measured, run: Run, outdoors: Sequence[str] = ()
    ) -> None:
        """The most confused pairs, and images of them and of the surest errors.

        `outdoors` are classes whose backgrounds may be why they are confused.
        """
        counts, classes = measured.counts, self.names
        self.say(matrices.confusions(counts, classes))
        if self.data.name in KNOWN:
            for name, group in KNOWN[self.data.name].groups.items():
                self.say(matrices.among(counts, group, classes, name))
        if outdoors:
            group = [classes.index(name) for name in outdoors]
            self.say(matrices.neighbours(counts, group, classes))
        longest = max(map(len, map(results.brief, self.data.classes)))
        columns = min(12, ABREAST // (2 * longest + 1))
        images, titles = results.gallery(run, self.data, counts, columns=columns)
        self.figure(
            pictures.plot_images(images, titles, columns=columns),
            "errors",
            "Imágenes de prueba mal clasificadas: clase verdadera → clase predicha."
            " Arriba, las dos confusiones más frecuentes; abajo, los errores cometidos"
            f" con más seguridad (semilla {run.seed}).{NO_ERRORS * (not len(images))}",
            "Filas de imágenes mal clasificadas, con su clase verdadera y la predicha.",
        )
        computed = self._computed()
        if computed["runs"]:
            self.alive(computed, COMPUTED)

    def dead(self, runs: list[Run]) -> None:
        """The worst seed of the original network, and why it loses classes."""
        worst, classes = results.worst(runs), self.data.classes
        output = dead.output_of(worst, self.data)
        self.figure(
            dead.plot_dead(undecided.counts(worst), classes, output),
            "dead",
            f"La red original en su peor semilla ({worst.seed}): matriz de confusión,"
            " con las imágenes que empatan en la columna «sin decisión», y porcentaje"
            " de imágenes de entrenamiento en las que la salida de cada clase es"
            " positiva antes de la ReLU.",
            "Matriz de confusión de la peor semilla y barras con el porcentaje de"
            " imágenes en las que cada salida es positiva.",
            live=matrix_spec({"original": runs}, seed=worst.seed),
        )
        self.say(sentences.lost(worst, self.names))
        self.say(undecided.sentence(worst, self.names))
        self.say(dead.explain(output, seeds.lost(worst), self.names))

    def calibration(self, final: Run, other: dict[str, Plan], device: str) -> None:
        """Whether a network knows when it is wrong, before and after a temperature."""
        cut = validation(self.data)
        ((chooser, *_),) = train(cut, other, device=device).values()
        scaled = calibrated.calibrate(final, self.data, chooser, cut)
        self.shown.append(chooser)
        self.figure(
            calibrated.plot_calibration(scaled),
            "calibration",
            "Calibración en las imágenes de prueba"
            f"{', antes y después de la temperatura' if scaled.temperature else ''}:"
            " un punto es un tramo de probabilidad y su tamaño crece con las imágenes"
            " que tiene; sobre la diagonal, la red acierta tanto como dice.",
            "Proporción de aciertos contra probabilidad de la clase predicha, y la"
            " diagonal.",
        )
        self.say(calibrated.sentence("corregida", scaled))

    def criteria(
        self,
        measured: dict[str, Measured],
        runs: dict[str, list[Run]],
        courses: dict[str, Course],
    ) -> None:
        """The two networks, criterion by criterion."""
        names = list(courses)
        equal = at_equal_time(courses)
        operations = [
            tables.operations(runs[n][0].model(), self.data.test.images[:1])
            for n in names
        ]
        self.table(
            tables.criteria(*(measured[n] for n in names), equal, operations),
            "criteria",
            "Las dos redes, criterio por criterio, y cuál gana.",
        )
        self.say(comparison.times_beside(*(measured[n] for n in names)))

    def shift(self, runs: dict[str, list[Run]]) -> None:
        """Accuracy where the test images are changed a little."""
        found = shift.shift(runs, self.data)
        self.figure(
            shift.plot_shift(found),
            "shift",
            "Exactitud al deformar las imágenes de prueba, con más fuerza hacia la"
            " derecha; lo primero, sin deformar. Las barras son intervalos del 95 %"
            " sobre semillas e imágenes. El ruido es normal, y los píxeles van de 0 a"
            " 1.",
            "Cinco paneles con la exactitud de cada red contra la fuerza de la"
            " rotación, la traslación, el ruido, el desenfoque y la pérdida de"
            " contraste.",
        )
        self.say(f"{shift.sentence(found)} {shift.robust(found, *runs)}")

    def conclusion(
        self,
        runs: dict[str, list[Run]],
        measured: dict[str, Measured],
        chosen: Chosen,
        outcomes: dict[str, Outcome],
        more=None,
    ) -> None:
        """The chapter's answer; also write what the report's own chapters need.

        `more` is the outcome on footwear in part 2 and the courses in part 3.
        """
        main = {name: measured[name] for name in (*self.runs, NAME)}
        found = self.names, runs, main, chosen, outcomes, more
        ending = ENDINGS.get(self.name, any_other)(Part(*found))
        self.say(ending.answer)
        about = {"name": self.name, "title": self.title, "question": ending.question}
        content = results.metrics(
            self.data,
            measured,
            runs | {NAME: chosen.runs},
            ending.finding,
            ending.claims,
        )
        keys = sorted({run.key for run in self.shown})
        self.write(content | about | {"rules": claims.rules(), "experiments": keys})

    def _computed(self) -> dict:
        """The networks that run in the page: of the original, the worst seed."""
        named = {}
        for name, (run, *others) in self.runs.items():
            if name == "original":
                run = results.worst([run, *others])
                name = f"{name}, semilla {run.seed}"
            named[name] = run
        return network_spec(named)

    def _keep(self, *outcomes: Outcome) -> None:
        for outcome in outcomes:
            self.shown += [run for seeds in outcome.runs.values() for run in seeds]


def whole(
    runs: dict[str, list[Run]], measured: dict[str, Measured]
) -> dict[str, list[Run]]:
    """The runs of each network that lose no class; all where none is left."""
    kept = {name: set(measured[name].whole.keys) for name in runs}
    return {k: [run for run in v if run.key in kept[k]] for k, v in runs.items()}


def mark_epochs(ax: Axes, name: str, runs: list[Run]) -> None:
    """Let each seed's error after each epoch tell itself on the page."""
    for run in runs:
        about = {"network": name, "seed": run.seed, "key": run.key}
        for epoch, error in zip(run.history.epoch, run.history.test_error, strict=True):
            text = f"{name}, semilla {run.seed}, época {epoch}: error {percent(error)}"
            mark(ax, epoch, error, text, epoch=int(epoch), **about)


def mark_classes(
    ax: Axes,
    places: np.ndarray,
    name: str,
    measured: Measured,
    values: np.ndarray,
    classes: Sequence[str],
) -> None:
    """Let each seed's recall of each class (S, K) tell itself, at `places` (S × K,)."""
    for k, (seed, key) in enumerate(zip(measured.seeds, measured.keys, strict=True)):
        about = {"network": name, "seed": seed, "key": key}
        for x, y, of in zip(places[: len(classes)], values[k], classes, strict=True):
            mark(ax, x, y, f"{name}, semilla {seed}, {of}: {percent(y)}", **about)


def at_equal_time(courses: dict[str, Course]) -> seconds.EqualTime:
    """What the second network reaches in the time that the original gave the first."""
    slow, fast = courses.values()
    first = len(slow.labels)
    return seconds.at_equal_time(slow.runs, fast.runs, slow.asked, first=first)
