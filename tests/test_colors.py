import pytest

from helpers.plotting import contrast, text_color


def test_contrast_of_wcag():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast("white", "white") == 1
    # the guideline's well-known greys: the last one to pass 4.5:1 on white
    assert contrast("#767676", "white") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize(
    ("background", "text"),
    [("white", "black"), ("navy", "white"), ("#bbbbbb", "black")],
)
def test_text_is_readable(background, text):
    assert text_color(background) == text
