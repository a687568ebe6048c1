"""What is sold: items, bundles, their tax category and weight, and the range in which they usually sell."""

import msgspec


class Range(msgspec.Struct, frozen=True):
    """The usual size of something, learnt from history as moments of its natural logarithm.

    `seen` counts observations, `ln_sum` and `ln_sq` are the sums of ln(x) and ln(x)², `largest` the largest x.
    """

    seen: int = 0
    ln_sum: float = 0.0
    ln_sq: float = 0.0
    largest: int = 0


class Item(msgspec.Struct, frozen=True):
    """A stock-keeping unit. `price` is the list price, tax included.

    A bundle has `components` (sku → pieces) and no stock of its own.
    """

    sku: str
    name: str
    category: str = ""
    tax_category: str = "standard"
    weight_g: int = 500
    price: int = 0
    currency: str = "EUR"
    components: dict[str, int] | None = None
    active: bool = True
    quantity_range: Range = Range()
