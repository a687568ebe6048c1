"""The shop as a legal person: who sells, and how it is registered for tax."""

import msgspec

from afterclick.domain.order import Address


class Seller(msgspec.Struct, frozen=True):
    """The seller named on invoices. `tax_id` is the VAT number with its country prefix, `registration` the entry in the register.

    `one_stop_shop`: registered for the EU's One Stop Shop, so that consumers in other member states are charged the
    tax of their own country; without it (sales abroad below 10,000 EUR a year) they are charged the seller's.
    """

    name: str
    address: Address
    tax_id: str
    registration: str = ""
    email: str = ""
    phone: str = ""
    iban: str = ""
    currency: str = "EUR"
    one_stop_shop: bool = True

    @property
    def country(self) -> str:
        return self.address.country
