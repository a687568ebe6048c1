"""What the buyer's desk works with: who buys, where deliveries go, and which acts on the outside it knows."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from afterclick.domain.order import Address
from afterclick.domain.seller import Seller
from afterclick.domain.vendor_messages import Taken
from afterclick.engine.door import Act
from afterclick.procurement.documents.parties import Buyer
from afterclick.store.transaction import Tx

ORDER: Final = Act("vendors", "order", Taken)
WITHDRAW: Final = Act("vendors", "withdraw", Taken)
REMIND: Final = Act("vendors", "remind", Taken)
MAIL: Final = Act("mailbox", "send", None)


class BuyingDesk(NamedTuple):
    """The shop as purchase orders name it, and the addresses of its warehouses where they are not the shop's own."""

    buyer: Buyer
    addresses: Mapping[str, Address] = {}

    def deliver_to(self, tx: Tx) -> dict[str, Address]:
        """Where deliveries for each warehouse go: its own address, else its name at the shop's, or in its country where that is
        another: no town is guessed."""
        home = self.buyer.seller.address
        found: dict[str, Address] = {}
        for warehouse, name, country in tx.rows("SELECT id, name, country FROM warehouses ORDER BY id"):
            here = country in ("", home.country)
            own = replace(home, name=name or home.name) if here else Address(name or home.name, "", "", "", "", "", country)
            found[warehouse] = self.addresses.get(warehouse, own)
        return found


def desk_of(seller: Seller) -> BuyingDesk:
    """The desk of a shop whose warehouses are where it is."""
    return BuyingDesk(Buyer(seller))
