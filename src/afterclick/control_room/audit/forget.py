"""Take the buyer out of invoices of erased customers, once the law wants them kept no longer."""

from typing import Final

from afterclick.engine.batch import Batch
from afterclick.engine.bots import bot, stage
from afterclick.engine.items import NoItems
from afterclick.governance.audit import erasing
from afterclick.governance.cards import Card, Cron
from afterclick.store.log import Event

CARD: Final = Card(
    id="audit.forget",
    does="Takes the buyer out of invoices of erased customers once the law wants them kept no longer",
    owner="operations",
    works_on="invoice",
    starts_on=(Cron("17 3 * * *"),),
    purpose="So that a customer's right to be forgotten is kept also where the law made it wait",
    handles=frozenset({"personal"}),
)
BECAUSE: Final = "the law wants it kept no longer; its buyer was taken out"


@stage()
def expire(documents: Batch[None]) -> None:
    """All documents whose time is over."""
    for name in erasing.expire(documents.tx, now_ms=documents.now_ms):
        documents.record(Event("document.expired", None, f"invoice/{name}", "Done", BECAUSE))


@bot(CARD, over=NoItems())
def forget(documents: Batch[None]) -> None:
    expire(documents)
