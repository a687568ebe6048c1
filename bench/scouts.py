"""How well prices are read: from texts of many countries, and from saved shop pages that are served from this machine."""

import argparse
import csv
import gzip
import json
import threading
import time
import zipfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from afterclick.connectors.web import HttpWeb
from afterclick.ports.web import Fetched, Visit
from afterclick.reading.gtin import same
from afterclick.reading.pages.facts import PageFacts
from afterclick.reading.pages.page import read_page
from afterclick.reading.prices.signs import SIGNS
from afterclick.reading.prices.texts import read_price, read_sign

DATA: Final = Path(__file__).parents[2] / "shared" / "data"
MISREAD: Final[dict[str, Decimal]] = {
    "0bf9a333": Decimal(24990), "8cb33a3e": Decimal(229990), "3f5c52ae": Decimal(3340), "9f0c6ced": Decimal(5000),
}  # fmt: skip
"""Chilean pages whose truth file holds 24.99 where the page and its JSON-LD say $24.990 (CLP 24990): a thousandfold too low."""
Truth = Mapping[str, Mapping[str, list[str]]]


class Counted(NamedTuple):
    """Right, wrong, missed, and absent in truth and answer."""

    right: int
    wrong: int
    missed: int
    invented: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; a wrong value counts against both."""
        answered, wanted = self.right + self.wrong + self.invented, self.right + self.wrong + self.missed
        return 2 * self.right / (answered + wanted) if answered + wanted else 1.0


def main() -> None:
    """Print the tables, and one line of JSON at the end."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=DATA, help="the folder that holds price_strings and product_pages")
    options.add_argument("--verbose", action="store_true", help="name every miss")
    given = options.parse_args()
    result = {**strings(given.data, verbose=given.verbose), **pages(given.data, verbose=given.verbose)}
    print(json.dumps(result))


def strings(data: Path, *, verbose: bool) -> dict[str, Any]:
    """Price texts with their amount and currency sign, all of them, each alone."""
    with (data / "price_strings" / "price_strings_half_a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    began = time.process_time()
    right = thousandfold = 0
    for row in rows:
        price = read_price(row["price_raw"], beside=row["currency_raw"])
        wanted = Decimal(row["amount"]) if row["amount"] else None
        amount = price.amount if price else None
        sign = price.sign if price else read_sign(row["price_raw"], beside=row["currency_raw"])
        exact = amount == wanted and sign == row["currency"]
        right += exact
        if amount and wanted and _apart(amount, wanted) >= 999:
            thousandfold += 1
        if verbose and not exact:
            print(f"  {row['price_raw']!r}: {amount} {sign!r}, wanted {row['amount']} {row['currency']!r}")
    seconds = time.process_time() - began
    share = right / len(rows)
    print(
        f"price texts: {right} of {len(rows)} exact = {share:.2%} (target 97 %), off by 1,000 or more: {thousandfold} (target 0)"
    )
    print(f"             {seconds / len(rows) * 1e6:,.0f} CPU microseconds each\n")
    return {"strings_exact": round(share, 4), "strings_thousandfold": thousandfold}


def pages(data: Path, *, verbose: bool) -> dict[str, Any]:
    """Saved pages, fetched over HTTP from this machine by the scouts' own visitor, with robots.txt and all."""
    truth = cast(Truth, json.loads((data / "product_pages" / "ground_truth_half_a.json").read_text(encoding="utf-8")))
    with zipfile.ZipFile(data / "product_pages" / "html_half_a.zip") as saved:
        bodies = {name.split(".")[0]: gzip.decompress(saved.read(name)) for name in saved.namelist()}
    web = HttpWeb(every_s=0, allow_private=True)
    found: dict[str, PageFacts] = {}
    began = time.process_time()
    with served(bodies) as site:
        for key in truth:
            came: Fetched = web.visit(Visit(key, f"{site}/{key}"))
            found[key] = read_page(came.body, url=came.url, content_type=came.content_type)
    seconds = time.process_time() - began
    strict, mended = _prices(truth, found, {}, verbose=verbose), _prices(truth, found, MISREAD, verbose=False)
    print(f"{'pages: ' + str(len(truth)):28}{'right':>7}{'wrong':>7}{'missed':>8}{'invented':>10}{'F1':>7}")
    _row("price, 4 truths mended", mended[0], "target 0.90")
    _row("price, truth file as it is", strict[0], "target 0.90")
    rest = {name: _others(truth, found, name) for name in ("currency", "sku", "gtin", "brand", "availability")}
    for name, counted in rest.items():
        _row(name, counted, "")
    print(f"\nprices wrong by a factor of 10 or more: {mended[1]} (target 0); against the truth file as it is {strict[1]},")
    print("  those in Chilean pesos: see MISREAD in this file")
    print(f"{seconds / len(truth):.2f} CPU seconds a page, fetching and serving included")
    return {
        "pages": len(truth), "price_f1": round(mended[0].f1, 3), "price_f1_truth_as_is": round(strict[0].f1, 3),
        "factor_10": mended[1], "factor_10_truth_as_is": strict[1],
        **{f"{name}_f1": round(one.f1, 3) for name, one in rest.items()}, "cpu_s_per_page": round(seconds / len(truth), 3),
    }  # fmt: skip


@contextmanager
def served(bodies: Mapping[str, bytes]) -> Generator[str]:
    """The pages on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = bodies.get(self.path.strip("/"))
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def _prices(truth: Truth, found: Mapping[str, PageFacts], mended: Mapping[str, Decimal], *, verbose: bool) -> tuple[Counted, int]:
    right = wrong = missed = invented = tenfold = 0
    for key, wanted in truth.items():
        amounts = [mended[key[:8]]] if key[:8] in mended else [Decimal(text.strip()) for text in wanted.get("price", [])]
        price = found[key].price
        got = price.amount if price else None
        right += got is not None and got in amounts
        wrong += got is not None and bool(amounts) and got not in amounts
        missed += got is None and bool(amounts)
        invented += got is not None and not amounts
        tenfold += got is not None and bool(amounts) and all(_apart(got, one) >= 10 for one in amounts)
        if verbose and got not in (amounts or [None]):
            print(f"  {key[:8]} {str(wanted['url'])[:60]}: {got}, wanted {[str(one) for one in amounts]}")
    return Counted(right, wrong, missed, invented), tenfold


def _others(truth: Truth, found: Mapping[str, PageFacts], name: str) -> Counted:
    right = wrong = missed = invented = 0
    for key, wanted in truth.items():
        values = wanted.get(name, [])
        got = _value(found[key], name)
        fits = any(_equal(name, got, one) for one in values)
        right += fits
        wrong += bool(got and values) and not fits
        missed += bool(values) and not got
        invented += bool(got) and not values and name not in ("currency",)  # pages say more of it than the annotators took down
    return Counted(right, wrong, missed, invented)


def _value(page: PageFacts, name: str) -> str:
    if name == "currency":
        return page.price.currency if page.price else ""
    fact = getattr(page, name)
    return fact.value if fact else ""


def _equal(name: str, got: str, wanted: str) -> bool:
    if name == "gtin":
        return same(got, wanted)
    if name == "currency":  # the truth is the sign on the page, the answer the code that it means
        return got in SIGNS.get(wanted.lower().strip("~"), ()) or got.lower() == wanted.lower()
    return got.casefold() == wanted.casefold()


def _apart(one: Decimal, other: Decimal) -> Decimal:
    return one / other if one > other else other / one


def _row(name: str, counted: Counted, target: str) -> None:
    print(f"{name:28}{counted.right:7}{counted.wrong:7}{counted.missed:8}{counted.invented:10}{counted.f1:7.3f}  {target}")


if __name__ == "__main__":
    main()
