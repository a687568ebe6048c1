"""What a page says in words: whether it can be had, and the numbers that stand behind their names."""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote

from afterclick.reading.gtin import checked, in_text
from afterclick.reading.pages.facts import Seen
from afterclick.reading.pages.markup import above, attribute, is_unseen, joined, path_of, told
from afterclick.reading.trees import Element

LONGEST: Final = 160
_GONE: Final = re.compile(
    r"currently unavailable|out of stock|sold out|no longer available|not available|ausverkauft|nicht verfügbar|nicht auf lager|"
    r"derzeit nicht verfügbar|nicht mehr lieferbar|actuellement indisponible|rupture de stock|épuisé|indisponible|agotado|"
    r"no disponible|sin stock|"
    r"esaurito|non disponibile|uitverkocht|niet op voorraad|wyprzedan|niedostępn|brak w magazynie|vyprodáno|není skladem|"
    r"vypredané|"
    r"slutsåld|udsolgt|utsolgt|loppuunmyyty|stoc epuizat|indisponibil|нет в наличии|распродан|немає в наявності|esgotado|"
    r"indisponível|"
    r"tükendi|nincs raktáron|売り切れ|在庫切れ|품절|缺貨|售完|缺货|אזל|غير متوفر|نفد",
    re.IGNORECASE,
)
_HERE: Final = re.compile(
    r"\bin stock\b|\bauf lager\b|\bsofort lieferbar\b|\bvorrätig\b|\blieferbar\b|\ben stock\b|\bdisponible\b|"
    r"\bdisponibile\b|\bop voorraad\b|"
    r"\bdostępny\b|\bskladem\b|\bskladom\b|\bi lager\b|\bpå lager\b|\bvarastossa\b|\bîn stoc\b|\bin stoc\b|в наличии|в наявності|"
    r"\bem stock\b|\bdisponível\b|\bstokta\b|\braktáron\b|在庫あり|有現貨|במלאי|متوفر",
    re.IGNORECASE,
)
_BUY: Final = re.compile(
    r"add to (?:cart|basket|bag|trolley)|buy (?:it )?now|in den warenkorb|ajouter au panier|añadir (?:al carrito|"
    r"a la cesta)|agregar al carro|"
    r"aggiungi al carrello|in winkelwagen|do koszyka|do košíka|do košíku|lägg i varukorg|læg i kurv|legg i handlekurv|"
    r"lisää (?:ostos)?koriin|"
    r"adauga in cos|adaugă în coș|в корзину|купить|до кошика|adicionar|comprar|sepete ekle|kosárba|"
    r"カートに入れる|장바구니|구매하기|加入購物車|立即購買|直接購買|הוסף לסל|הוספה לסל|أضف",
    re.IGNORECASE,
)

_SKU: Final = re.compile(
    r"\b(?:sku|art(?:ikel)?\.?[- ]?(?:nr|nummer|no)|item (?:no|number|#|code)|product (?:code|no|number|id)|asin|"
    r"model(?: no| number)?|mpn|"
    r"réf(?:érence)?|referencia|codice(?: articolo)?|kod produktu|kód(?: tovaru| produktu| zboží)?|код товара|артикул|"
    r"artikelnummer|"
    r"bestell-?nr|part (?:no|number)|cod(?: produs)?)\.?\s*[:#.]\s*([\w][\w./-]{2,30})",
    re.IGNORECASE,
)
_FIELD: Final = re.compile(
    r"^(?:product[_-]?)?(?:sku|asin|mpn|item[_-]?(?:id|no|number)|product[_-]?(?:id|code|no)|(?:listing|ad|lot)[_-]?id|pid)(?:\.\d+)?$",
    re.I,
)
_CODE: Final = re.compile(r"(?=[\w.-]*\d{3})[\w.-]{4,24}")
_IN_ADDRESS: Final = re.compile(r"(?<![A-Za-z0-9])(?=[A-Z0-9-]*\d{2})[A-Z0-9][A-Z0-9-]{4,19}(?![A-Za-z0-9])")
_BRAND: Final = re.compile(
    r"\b(?:brand|marke|marque|marca|hersteller|fabricant|merk|značka|výrobce|výrobca|бренд)\s*[:]\s*([^\n:]{2,40})$", re.I
)
_AROUND: Final = re.compile(r"stock|avail|verf|dispo|lager|voorraad|\bbuy|cart|basket|deliver|nalich|status")


_HIDING: Final = re.compile(r"\.([\w-]{2,60})\s*(?:,[^{}]{0,300})?\{[^{}]{0,300}display\s*:\s*none", re.IGNORECASE)
_MOST_STYLE: Final = 600_000


class Stock(NamedTuple):
    """What the words say of availability: statements that it is gone, and that it can be had."""

    gone: list[Seen]
    here: list[Seen]


class Labelled(NamedTuple):
    """The numbers and names that the page's words label."""

    sku: list[Seen]
    gtin: list[Seen]
    brand: list[Seen]


def labelled(root: Element, url: str) -> Labelled:
    """The SKU, GTIN and brand that stand behind their names on the visible page; the first of each counts most."""
    found = Labelled([], [], [])
    for element in root.iter("li", "p", "span", "div", "td", "tr", "dd", "dl", "h2", "strong", "b"):
        text = joined(element, LONGEST)
        if not 5 <= len(text) <= LONGEST or is_unseen(element):
            continue
        sure = 0.6 if len(text) < 60 else 0.4
        if not found.sku and (named := _SKU.search(text)) and any(letter.isdigit() for letter in named[1]):
            found.sku.append(Seen(named[1].rstrip("."), "visible", sure, path_of(element)))
        if not found.gtin and (numbers := in_text(text)):
            found.gtin.append(Seen(numbers[0], "visible", sure + 0.2, path_of(element)))
        if not found.brand and (brand := _BRAND.search(text)):
            found.brand.append(Seen(brand[1].strip(), "visible", sure, path_of(element)))
    for element in root.iter():
        prop = attribute(element, "itemprop").lower()
        if prop.startswith("gtin") and (number := checked(attribute(element, "content") or joined(element, 40))):
            found.gtin.append(Seen(number, "visible", 0.7, path_of(element)))
    found.sku.extend(_in_forms(root))
    if address := _IN_ADDRESS.findall(unquote(url.partition("?")[0].partition("://")[2].partition("/")[2])):
        found.sku.append(Seen(address[-1], "script", 0.3, "the page's address"))
    return found


def _in_forms(root: Element) -> list[Seen]:
    """The article numbers that forms send and attributes carry: the one that most of them agree on."""
    counts: dict[str, int] = {}
    for element in root.iter("input", "meta", "button", "div", "form", "a"):
        told_by = [
            attribute(element, name) for name in ("data-sku", "data-product-id", "data-asin", "data-item-id", "data-product-sku")
        ]
        if _FIELD.match(attribute(element, "name") or attribute(element, "id") or attribute(element, "itemprop")):
            told_by.append(attribute(element, "value") or attribute(element, "content"))
        for code in told_by:
            if _CODE.fullmatch(code):
                counts[code] = counts.get(code, 0) + 1
    best = max(counts, key=lambda code: counts[code], default="")
    return [Seen(best, "meta", 0.45, "a field of a form")] if best else []


def stock_in_words(root: Element) -> Stock:
    """Whether the page's words say that the product can be had. Words that a style keeps from the reader are passed over."""
    found = Stock([], [])
    hiding = _hiding(root)
    for element in root.iter("span", "div", "p", "strong", "b", "button", "a", "input", "td", "li", "h2", "h3", "label"):
        text = attribute(element, "value") if element.tag == "input" else joined(element, 80)
        if not 3 < len(text) <= 80 or is_unseen(element):
            continue
        near = " ".join([told(element), *(told(one) for one in above(element, 3))])
        sure = 0.5 if _AROUND.search(near) else 0.25
        if _GONE.search(text):
            if not hiding & set(near.split()):
                found.gone.append(Seen("OutOfStock", "visible", sure, path_of(element)))
        elif _HERE.search(text):
            found.here.append(Seen("InStock", "visible", sure, path_of(element)))
        elif _BUY.search(text) and len(text) < 40:
            found.here.append(Seen("InStock", "visible", 0.35, path_of(element)))
    return found


def _hiding(root: Element) -> frozenset[str]:
    """The classes that the page's own styles hide."""
    style = "".join(str(one.text or "") for one in root.iter("style"))[:_MOST_STYLE]
    return frozenset(name.lower() for name in _HIDING.findall(style))
