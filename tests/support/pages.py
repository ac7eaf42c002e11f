"""What a page says, and whether a PDF says the same."""

import re
import unicodedata

import pypdfium2
from bs4 import BeautifulSoup

RUNNING = 62  # points at the top of a PDF's page that hold the running head


def squeezed(text: str) -> str:
    """Letters, digits and signs alone, as both documents must have them."""
    text = unicodedata.normalize("NFKC", re.sub("[\ufffe\u00ad\u0002\u200b]", "", text))
    return re.sub(r"[\s-]+", "", text)


def pdf_text(pdf) -> str:
    """What the pages of a PDF say one after the other, without heads and feet."""
    texts = []
    for page in pypdfium2.PdfDocument(pdf):
        low, high = 50, page.get_height() - RUNNING
        texts.append(page.get_textpage().get_text_bounded(bottom=low, top=high))
    return squeezed("".join(texts))


def paragraphs(html: str) -> list[str]:
    """Headings, paragraphs, captions, items and cells of the page's text, squeezed.

    Those with a formula are left out: a PDF lays its signs out in another order.
    """
    soup = BeautifulSoup(html, "html.parser").main
    for apart in soup.select(".ancla"):
        apart.decompose()
    found = soup.select("h2, h3, h4, p, figcaption, li, td, th, pre")
    plain = [e for e in found if not e.find("math") and not e.find(["p", "ul", "ol"])]
    return [text for e in plain if (text := squeezed(e.get_text()))]


def said(paragraph: str, pdf: str) -> bool:
    """Whether the PDF has the paragraph, whole or broken by the end of a page."""
    fits = [n for n in range(len(paragraph) + 1) if paragraph[:n] in pdf]
    return paragraph[max(fits) :] in pdf
