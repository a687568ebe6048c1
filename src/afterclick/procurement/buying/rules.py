"""What may be bought without a person, and which changes of a vendor's may stand."""

from typing import Final

from afterclick.domain.buying_facts import ChangedLine, ChangeFacts, PriceFacts, PurchaseFacts
from afterclick.domain.buying_limits import BuyingLimits
from afterclick.domain.verdict import PASS, Ask, Pass, Refuse, Verdict

BUYERS: Final = "buying"
"""Who is asked: people who may approve purchases."""
_APPROVE: Final = "approve"
_MOST_NAMED: Final = 3


def may_leave(facts: PurchaseFacts, limits: BuyingLimits) -> Verdict:
    """Whether an order leaves without a person: where several of the rules below ask, it is one question with all reasons."""
    verdicts = [rule(facts, limits) for rule in (allowed, well_read, priced, within)]
    refused = next((one for one in verdicts if isinstance(one, Refuse)), None)
    asked = [one.because for one in verdicts if isinstance(one, Ask)]
    if refused is not None:
        return refused
    return Ask(BUYERS, "; ".join(asked), _APPROVE) if asked else Pass(f"{_money(facts.value)} within the limits")


def allowed(facts: PurchaseFacts, limits: BuyingLimits) -> Verdict:
    """We buy only what the catalogue knows, and without asking only from vendors on the list."""
    if not facts.lines:
        return Refuse("there is nothing on it")
    unknown = [line.sku for line in facts.lines if not line.known]
    if unknown:
        return Ask(BUYERS, f"{_named(unknown)} is not in the catalogue", _APPROVE)
    return PASS if facts.allowed else Ask(BUYERS, f"{facts.vendor} is not on the list of vendors we buy from", _APPROVE)


def well_read(facts: PurchaseFacts, limits: BuyingLimits) -> Verdict:
    """A price that nobody stands for has been found by independent readings, and lately."""
    for line in facts.lines:
        if not line.source:
            return Ask(BUYERS, f"no offer on record asks the price of line {line.no} ({line.sku})", _APPROVE)
        if line.source in ("page", "feed"):
            if line.readings < limits.readings_least:
                because = f"the price of {line.sku} has {line.readings} independent readings, {limits.readings_least} are needed"
                return Ask(BUYERS, because, _APPROVE)
            if line.read_days > limits.reading_days:
                return Ask(BUYERS, f"the price of {line.sku} was last read {line.read_days} days ago", _APPROVE)
    return PASS


def priced(facts: PurchaseFacts, limits: BuyingLimits) -> Verdict:
    """No price is far from the last one agreed, nor from what others ask; one that stands alone is small."""
    wrong = [said for line in facts.lines if (said := _price(line, limits))]
    return Ask(BUYERS, _joined(wrong), _APPROVE) if wrong else PASS


def within(facts: PurchaseFacts, limits: BuyingLimits) -> Verdict:
    """The order, the day, the vendor and each category stay within their limits."""
    over: list[str] = []
    if facts.value > limits.order_most:
        over.append(f"the order of {_money(facts.value)} is over the limit of {_money(limits.order_most)} for one order")
    if facts.today + facts.value > limits.day_most:
        over.append(_too_much("today", facts.today + facts.value, limits.day_most))
    if facts.orders_today + 1 > limits.orders_per_day:
        over.append(f"{facts.orders_today} orders have left today, {limits.orders_per_day} are the limit")
    vendor_most = limits.vendor_most.get(facts.vendor, limits.vendor_day_most)
    if facts.vendor_today + facts.value > vendor_most:
        over.append(_too_much(f"today at {facts.vendor}", facts.vendor_today + facts.value, vendor_most))
    for category in facts.categories:
        most = limits.category_most.get(category.name, limits.category_day_most)
        if category.today + category.here > most:
            over.append(_too_much(f"today in category {category.name or 'none'}", category.today + category.here, most))
    large = [line for line in facts.lines if line.pieces > limits.line_pieces_most]
    over += [f"{line.pieces:,} pieces of {line.sku} are more than {limits.line_pieces_most:,}" for line in large]
    return Ask(BUYERS, _joined(over), _APPROVE) if over else PASS


def as_agreed(facts: ChangeFacts, limits: BuyingLimits) -> Verdict:
    """What the vendor has changed stays within the policy, or is taken back, which costs nothing but time."""
    wrong = [*facts.problems, *(said for line in facts.lines if (said := _change(line, limits)))]
    if wrong:
        return Ask(BUYERS, f"{facts.vendor} answers otherwise: {_joined(wrong)}", "accept what the vendor says")
    refused = [line.sku for line in facts.lines if line.answer == "refused"]
    return Pass(f"{facts.vendor} will not deliver {_named(refused)}; it is planned anew") if refused else PASS


def _price(line: PriceFacts, limits: BuyingLimits) -> str:
    """What is wrong with a price; empty when nothing is."""
    if line.price <= 0:
        return f"{line.sku} would cost nothing"
    if line.last and line.price > line.last * (1 + limits.price_above_last):
        return f"{line.sku} costs {_more(line.price, line.last)} more than last time"
    if line.market and line.price > line.market * (1 + limits.price_above_market):
        return f"{line.sku} costs {_more(line.price, line.market)} more than others ask"
    for other, what in ((line.last, "last time"), (line.market, "what others ask")):
        if other and line.price < other * (1 - limits.price_below):
            return f"{line.sku} costs {1 - line.price / other:.0%} less than {what}, which is seldom true"
    if not line.last and not line.market and line.value > limits.value_without_price:
        return f"{line.sku} for {_money(line.value)} has no earlier price and no other vendor's to compare with"
    return ""


def _change(line: ChangedLine, limits: BuyingLimits) -> str:
    """What is wrong with a vendor's answer to a line; empty when nothing is."""
    if line.replaced:
        return f"{line.sku} would be replaced by something else"
    if line.answer == "refused":
        return ""
    if line.confirmed > line.due:
        return f"{line.confirmed} of {line.sku} are confirmed, {line.due} were ordered"
    if line.kept < limits.change_quantity_least:
        return f"only {line.confirmed} of {line.due} of {line.sku} are confirmed"
    if line.price_share > limits.change_price_most:
        return f"{line.sku} would cost {line.price_share:.1%} more"
    if line.days_later > limits.change_late_days:
        return f"{line.sku} would come {line.days_later} days later"
    return ""


def _too_much(where: str, spent: int, most: int) -> str:
    return f"with it {_money(spent)} would be bought {where}, over the limit of {_money(most)}"


def _joined(said: list[str]) -> str:
    more = f"; and {len(said) - _MOST_NAMED} more" if len(said) > _MOST_NAMED else ""
    return "; ".join(said[:_MOST_NAMED]) + more


def _named(skus: list[str]) -> str:
    more = f" and {len(skus) - _MOST_NAMED} more" if len(skus) > _MOST_NAMED else ""
    return ", ".join(skus[:_MOST_NAMED]) + more


def _more(price: float, other: float) -> str:
    return f"{price / other - 1:.0%}"


def _money(cents: int) -> str:
    """Euro cents as an amount; roughly, where the order is in another currency."""
    return f"{cents / 100:,.2f} EUR"
