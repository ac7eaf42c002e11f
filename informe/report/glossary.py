"""The words that the report uses before it explains them, in the order of their use."""

from informe.numbers import THIN, points
from informe.statistics import MARGIN

TERMS = {
    "Lote, paso, época": "la *pérdida* mide cuánto se equivoca la red en un *lote* de"
    " imágenes; cada *paso* cambia los pesos para reducirla, tanto más cuanto mayor es"
    " la *tasa de aprendizaje*; una *época* es una vuelta a todas las imágenes de"
    " entrenamiento.",
    "Receta": "la pérdida, el optimizador, la tasa de aprendizaje, el lote y las épocas"
    " con que se entrena una red.",
    "Semilla": "el número del que salen los pesos iniciales y el orden de los lotes;"
    " con *n* semillas, la misma receta se entrena *n* veces.",
    "Validación": "imágenes que se apartan de las de entrenamiento para escoger"
    " opciones; las de *prueba* solo miden las redes ya escogidas.",
    "Activación": "función que transforma las salidas de una capa; la *ReLU* cambia por"
    " cero las negativas.",
    "*Logits*": "las salidas de la red, una por clase, antes de volverse"
    " probabilidades; se predice la clase de la mayor.",
    "Exactitud": "proporción de imágenes bien clasificadas; el *error* es el resto, y"
    " los *puntos* son puntos porcentuales.",
    "Precisión, exhaustividad": "de lo que se predijo como de una clase, cuánto lo era;"
    " de lo que era de la clase, cuánto se predijo como tal.",
    "Sobreajuste": "mejorar en las imágenes de las que se aprende más que en otras.",
    "Calibración": "que la red acierte tanto como dicen sus probabilidades; el *ECE* es"
    " lo que se aparta de ello, y la *temperatura*, el número entre el que se dividen"
    " los *logits* para corregirlo.",
    "Desviación estándar": "va tras el signo ±: cuánto varía una medida de una semilla"
    " a otra.",
    "Intervalo de confianza": f"el del 95{THIN}% (IC 95{THIN}%) se calcula de modo que,"
    " en 95 de cada 100 estudios como este, contendría el valor verdadero.",
    "*Bootstrap*": "obtiene el intervalo repitiendo la cuenta con imágenes sorteadas"
    " con reemplazo; el *cruzado* sortea también las semillas.",
    "Valor *p*": "probabilidad de ver una diferencia al menos tan grande como la"
    " observada si en realidad no hubiera ninguna.",
    "Comparaciones múltiples": "cuantas más se hacen, más diferencias parecen reales"
    " por azar; Dunnett, Holm y Bonferroni exigen más a cada una para compensarlo.",
    "Equivalentes": "dos opciones cuya diferencia, con todo su intervalo, cabe en"
    f" ±{points(MARGIN)} puntos; no basta con que no se distingan.",
}

_ROWS = "\n".join(f"| {term} | {meaning} |" for term, meaning in TERMS.items())
GLOSSARY = f"""\
## Glosario {{.unnumbered}}

| término | qué significa aquí |
| :--- | :--- |
{_ROWS}"""
