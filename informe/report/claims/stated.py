"""The rules of the verdicts, as the report states them."""

from informe.experiments.answers import COLLAPSED, NOTHING
from informe.numbers import percent, points
from informe.report.claims.classes import INSIDE, OUTSIDE, SEEDS
from informe.report.claims.curves import SETTLED, TAIL
from informe.report.claims.networks import COMPETITIVE, POOR, SIZE, TIMES
from informe.report.claims.rules import FAILS, FAR, HOLDS, SAME, UNKNOWN, UNMEASURED

VERDICT = f"""Cada veredicto sale de una regla fija. Una afirmación dice dónde cae una
cantidad. Si su intervalo del 95 % entre semillas cae entero ahí, *{HOLDS}*; si cae
entero fuera, *{FAILS}*; si toca el límite, o si una sola semilla no da intervalo,
*{UNKNOWN}*, porque más semillas podrían decidirlo. Si la cantidad no se midió, o si más
semillas no lo decidirían, *{UNMEASURED}*. Una afirmación con varias condiciones se
sostiene si se cumplen todas, y no se sostiene si falla alguna. Los intervalos no se
corrigen por ser varias las afirmaciones. Lo que el informe original dice de las redes
de las dos primeras partes se mide en la red *original*, con las semillas que no pierden
ninguna clase (si las hay), pues la suya no perdió ninguna; solo los experimentos
(pérdida, activación de la salida, épocas que bastan) son con la corregida y con las
imágenes de validación."""

CLASSES = f"""\
- **Clases mejores o peores.** En exhaustividad, las nombradas quedan todas por encima
  (o por debajo) de todas las demás.
- **Confusiones.** El error más frecuente de cada clase nombrada es tomarla por una de
  las que se dice; la ventaja sobre cualquier otro error se mide en puntos de su clase.
- **Cifras de cada dígito.** Una cifra concuerda si está entre la menor y la mayor de
  nuestras semillas, salvo redondeo. Con {INSIDE} o más de las diez, se sostiene; con
  {OUTSIDE} o menos, no; con menos de {SEEDS} semillas, no se puede decir con esta n."""

CURVES = f"""\
- **Épocas que bastan.** Las demás dan menos de {points(NOTHING)} puntos de exactitud.
- **Error constante, o parecido.** Cambia menos de {points(SAME, digits=0)} punto
  porcentual. De la densa con más épocas solo hay una semilla, así que su intervalo es
  el de las imágenes de validación, y el veredicto vale para esa red.
- **Bajar muy despacio.** En las últimas {TAIL} épocas (o las que haya) baja, pero menos
  de {points(SAME, digits=0)} punto por época. Estabilizarse es cambiar menos que eso.
- **Asentarse en pocas iteraciones.** La primera época hace más del
  {percent(SETTLED, 0)} de la bajada desde el error del azar.
- **Oscilar; no ser monótona.** El error de prueba sube alguna vez de una época a la
  siguiente en la mayoría de las semillas (intervalo de Wilson); para oscilar en torno
  a un valor, además, ha de ser constante desde esa época.
- **Sobreajustar.** Entre la primera época y la última, el error de prueba se aleja del
  de entrenamiento."""

NETWORKS = f"""\
- **Malos resultados.** Exactitud menor del {percent(POOR, 0)} con cada opción.
- **Una sola etiqueta.** Se lleva más del {percent(COLLAPSED, 0)} de las imágenes.
- **Mucho más, o lejos.** Más de {points(FAR, digits=0)} puntos de exactitud. La red
  competitiva es una que acierta el {percent(COMPETITIVE, 0)}
  [(Jordan, 2024)](#bib-jordan2024); el azar acierta el 10 %.
- **Mejor matriz.** Más exhaustividad en la mayoría de las clases, según el intervalo de
  cada diferencia.
- **Tiempos.** Se comparan razones, porque la máquina es otra; dos concuerdan si ninguna
  es más de {TIMES:g} veces la otra. «Con un tiempo parecido» es sin tardar más de
  {TIMES:g} veces lo que la densa.
- **Tamaños.** Difieren en menos del {percent(SIZE, 0)}, en unidades decimales o
  binarias (para muchos sistemas, 1 MB son 1024 kB). En ellos no hay azar."""


def rules() -> str:
    """The rules, as the report states them: a paragraph and a list."""
    return f"{VERDICT}\n\n{CLASSES}\n{CURVES}\n{NETWORKS}"
