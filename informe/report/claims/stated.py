"""The rules of the verdicts, as the report states them."""

from informe.experiments.answers import COLLAPSED, NOTHING
from informe.numbers import THIN, percent, points
from informe.report import results
from informe.report.claims.classes import INSIDE, OUTSIDE, SEEDS
from informe.report.claims.curves import SETTLED, TAIL
from informe.report.claims.networks import COMPETITIVE, POOR, SIZE, TIMES
from informe.report.claims.rules import FAILS, FAR, HOLDS, SAME, UNKNOWN, UNMEASURED

POINT = f"{points(SAME, digits=0)} punto"

VERDICT = f"""\
Una afirmación dice dónde cae una cantidad: si su intervalo del 95{THIN}% cae entero
ahí, *{HOLDS}*; si cae fuera, *{FAILS}*; si toca el límite o no lo hay, *{UNKNOWN}*; si
no se midió o más semillas no lo decidirían, *{UNMEASURED}*. Si son varias
las condiciones, se sostiene cuando se cumplen todas, y no cuando falla alguna. El
intervalo es el de Student entre semillas; en exactitudes y matrices de CIFAR-10, el del
*bootstrap* cruzado, que con menos de {results.SEEDS} semillas no decide; ninguno se
corrige por ser muchas las afirmaciones. Se mide con la receta y los datos de cada una
(en MNIST y Fashion-MNIST, con la red *original*), en las imágenes de prueba y con las
semillas que no pierden clases, si las hay; las pérdidas y la activación de la salida,
en la red *corregida* y en validación."""

CLASSES = f"""\
- **Mejores, peores, confundidas.** La *ventaja* de cada semilla ha de ser positiva: en
  exhaustividad, la que todas las clases nombradas sacan a las demás; en confusiones, la
  que la más frecuente de las afirmadas saca a cualquier otra, en la clase en que menos.
- **Cifras de los dígitos.** Una concuerda si cae, salvo redondeo, en el intervalo de
  predicción del 95{THIN}% para otra semilla. Se sostiene con {INSIDE} o más, no con
  {OUTSIDE} o menos, y pide {SEEDS} semillas."""

CURVES = f"""\
- **Épocas que bastan.** Las demás dan menos de {points(NOTHING)} puntos de exactitud.
- **Constante o parecido.** Cambia menos de {POINT}. Con más épocas que el original, se
  mide en validación; con una sola semilla, el intervalo es entre imágenes.
- **Bajar despacio, estabilizarse.** En las últimas {TAIL} épocas (o las que haya) baja,
  o cambia, menos de {POINT} por época.
- **Asentarse.** La primera época hace más del {percent(SETTLED, 0)} de la bajada desde
  el azar.
- **Oscilar, no ser monótona.** El error de prueba sube alguna vez en la mayoría de las
  semillas (intervalo exacto); para oscilar, además, ha de ser constante.
- **Sobreajustar.** En la última época el error de prueba supera al de entrenamiento,
  medido antes de aprender de cada lote; en la primera no puede: son imágenes nuevas."""

NETWORKS = f"""\
- **Malos resultados, una sola etiqueta.** Exactitud menor del {percent(POOR, 0)};
  etiqueta de más del {percent(COLLAPSED, 0)} de las imágenes.
- **Mucho más, lejos.** A más de {points(FAR, digits=0)} puntos. El azar acierta el
  10{THIN}%; una red competitiva, el {percent(COMPETITIVE, 0)}
  [(Jordan, 2024)](#bib-jordan2024).
- **Mejor matriz.** Más exhaustividad en la mayoría de las clases.
- **Tiempos, tamaños.** Los tiempos se comparan por razones, pues la máquina es otra:
  dos concuerdan, o se parecen, si ninguno es más de {TIMES:g} veces el otro. Los
  tamaños, sin azar, difieren en menos del {percent(SIZE, 0)}."""


def rules() -> str:
    """The rules, as the report states them: a paragraph and a list."""
    return f"{VERDICT}\n\n{CLASSES}\n{CURVES}\n{NETWORKS}"
