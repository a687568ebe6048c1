"""`afterclick check`: prove every invariant of the office."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer

from afterclick.cli.output import FAILED, HERE, JsonOption, OfficeOption, console, opened, plain, say_json, tell

if TYPE_CHECKING:
    from afterclick.app import Office
    from afterclick.engine.checks import Proof


def check(folder: OfficeOption = HERE, *, as_json: JsonOption = False) -> None:
    """Prove that orders, stock, money, documents and the log say the same; exits with 1 if anything does not hold."""
    from rich.text import Text

    proofs: list[Proof] = []
    with opened(folder) as office:
        for proof in prove_all(office):
            proofs.append(proof)
            if not as_json:
                mark = Text("✓ ", "green") if proof.ok else Text("✗ ", "bold red")
                console().print(Text.assemble(mark, proof.name, (f"  {proof.examined:,}", "dim")))
                if not proof.ok:
                    console().print(Text(f"  {plain(proof.detail)}", "red"))
    ok = all(proof.ok for proof in proofs)
    if as_json:
        say_json({"ok": ok, "checks": proofs})
    else:
        tell("everything holds" if ok else f"{sum(not proof.ok for proof in proofs)} of {len(proofs)} do not hold")
    if not ok:
        raise typer.Exit(FAILED)


def prove_all(office: "Office") -> "Iterator[Proof]":
    """Every check of every room, one after the other, on one moment of the office."""
    from afterclick.engine import checks as engine_checks
    from afterclick.engine import vouched
    from afterclick.governance.audit import anchors
    from afterclick.inventory import checks as inventory_checks
    from afterclick.orders import checks as orders_checks
    from afterclick.procurement.buying import checks as buying_checks
    from afterclick.procurement.transferring import checks as transferring_checks

    file = office.anchor_file()
    known = anchors.read(file) if file is not None and file.exists() else {}
    with office.database.reading() as tx:
        engine_checks.one_view(tx)
        rooms = (
            orders_checks.checks(tx), inventory_checks.checks(), buying_checks.checks(), transferring_checks.checks(),
            engine_checks.checks(),
        )  # fmt: skip
        for one in (one for room in rooms for one in room):
            yield engine_checks.prove(tx, one)
        yield vouched.cards(tx)
        yield vouched.policies(tx)
        yield engine_checks.prove(tx, vouched.IN_FORCE)
        yield engine_checks.chain(tx, anchors=known)
