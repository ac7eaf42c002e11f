import math

import pytest

from helpers.uncertainty import over_seeds
from informe import numbers
from informe.errors import ReportError


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (numbers.integer(1234), "1234"),
        (numbers.integer(60000), "60\u202f000"),
        (numbers.integer(23_630_238), "23\u202f630\u202f238"),
        (numbers.share(0.91749), "0.917"),
        (numbers.share(math.nan), "—"),
        (numbers.percent(0.0834), "8.3\u202f%"),
        (numbers.duration(12.34), "12.3\u202fs"),
        (numbers.duration(59.96), "1\u202fmin"),
        (numbers.duration(3254), "54\u202fmin 14\u202fs"),
        (numbers.duration(3599.7), "1\u202fh"),
        (numbers.duration(7205), "2\u202fh 5\u202fs"),
        (numbers.size(512), "512\u202fB"),
        (numbers.size(25_340), "25.3\u202fkB"),
        (numbers.size(245_000), "245\u202fkB"),
        (numbers.size(94_520_000), "94.5\u202fMB"),
        (numbers.ratio(381.2), "380"),
        (numbers.ratio(3.14159), "3.1"),
        (numbers.ratio(9.96), "10"),
        (numbers.ratio(23_456), "23\u202f000"),
        (numbers.times(10, "más"), "10 veces más"),
        (numbers.times(1.04, "ese tiempo"), "más o menos ese tiempo"),
        (numbers.points(0.0123, "+"), "+1.2"),
        (numbers.points(-0.0123), "−1.2"),
        (numbers.points(0.0003), "0.03"),
        (numbers.points(-0.0003, "+"), "−0.03"),
        (numbers.points(-1e-17, "+"), "0.0"),
        (numbers.points(math.nan, "+"), "—"),
        (numbers.between(-0.01, 0.0234, 2), "[−1.00, 2.34]"),
        (numbers.p_value(0.0312), "p\u00a0=\u00a00.031"),
        (numbers.p_value(0.0001), "p\u00a0<\u00a00.001"),
        (numbers.p_value(0.0496, "*p*"), "*p*\u00a0=\u00a00.0496"),
        (numbers.p_value(0.0501, ""), "0.0501"),
        (numbers.p_value(0.049999, ""), "0.049999"),
        (numbers.p_value(0.05, ""), "0.050"),
        (numbers.small(0.0001), "0.0001"),
        (numbers.small(1e-5), "10⁻⁵"),
        (numbers.small(5e-5), "5\u00a0×\u00a010⁻⁵"),
        (numbers.small(0.0000123456, 2), "1.2\u00a0×\u00a010⁻⁵"),
        (numbers.listing(["a"]), "a"),
        (numbers.listing(["a", "b", "c"]), "a, b y c"),
        (numbers.listing(["padres", "hijos"]), "padres e hijos"),
        (numbers.listing(["«verano»", "«invierno»"]), "«verano» e «invierno»"),
        (numbers.listing(["*fuego*", '"Ítaca"']), '*fuego* e "Ítaca"'),
        (numbers.listing(["agua", '"hielo"']), 'agua y "hielo"'),
        (numbers.count(1, "semilla", "semillas"), "1 semilla"),
        (numbers.images(1), "1 imagen"),
        (numbers.images(20), "20 imágenes"),
        (numbers.percent_std(over_seeds([0.8, 0.9])), "85.0\u00a0±\u00a07.1\u202f%"),
        (numbers.percent_std(over_seeds([0.9])), "90.0\u202f%"),
        (numbers.interval(over_seeds([0.9])), "—"),
    ],
)
def test_numbers_as_printed(written, expected):
    assert written == expected


def test_dates_in_spanish():
    assert numbers.spanish_date("2027-01-05") == "5 de enero de 2027"
    assert numbers.spanish_date("") == ""
    with pytest.raises(ReportError, match="2026-11-23"):
        numbers.spanish_date("5/1/2027")
