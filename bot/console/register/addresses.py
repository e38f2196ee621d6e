"""How channels call a group: the fields of its form, and the rows behind them.

Of a secret the form has a mask, and so has the record of changes; left alone it changes nothing.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel.ext.asyncio.session import AsyncSession

from actions.names import name
from bot.channels import kinds
from bot.channels.base import Channel, Powers
from bot.channels.sandbox import Sandbox
from bot.console.register.form import Fault, Faults, Field, Given
from storage import carriers, people, register
from storage.models import Carrier, Group

#: How its field is called: this, and the channel's name.
BEFORE = "at_"
HIDDEN = "••••"
#: So much of a secret may be seen of one that is long enough.
END, LONG = 4, 16


def _named() -> dict[str, type[Channel]]:
    """The channels that call a group as they like: in our own window it has but one name."""
    return {
        which: kind for which, kind in kinds().items()
        if kind.powers != Powers() and which != Sandbox.name
    }  # fmt: skip


FIELDS = tuple(
    Field(f"{BEFORE}{which}", name("address", which), within="addresses") for which in _named()
)


def mask(address: str) -> str:
    """What may be seen of a secret."""
    return HIDDEN + (address[-END:] if len(address) >= LONG else "")


def shown(carriers_: Mapping[str, Carrier]) -> Given:
    """What stands in the fields, by the carriers of a group."""
    found = {}
    for which, kind in _named().items():
        address = carriers_[which].address if which in carriers_ else ""
        found[f"{BEFORE}{which}"] = mask(address) if kind.secret_address and address else address
    return found


async def of(session: AsyncSession, group_id: str) -> dict[str, Carrier]:
    """The carriers of a group, by channel."""
    return {one.channel: one for one in await carriers.of_group(session, group_id)}


async def faults(
    session: AsyncSession, group_id: str, used: set[str], values: Mapping[str, Any]
) -> Faults:
    """What is wrong with what was typed, for a group that uses these channels."""
    known = shown(await of(session, group_id))
    found: Faults = {}
    for which, kind in _named().items():
        field = f"{BEFORE}{which}"
        typed = values[field] or ""
        fault = None
        if typed and typed != known[field]:
            fault = await _fault(session, group_id, which, kind, typed)
        elif not typed and which in used and kind.platform:
            fault = Fault("address")
        if fault is not None:
            found[field] = fault
    return found


async def _fault(
    session: AsyncSession, group_id: str, which: str, kind: type[Channel], typed: str
) -> Fault | None:
    if kind.secret_address and HIDDEN[0] in typed:
        return Fault("masked")
    try:
        address = kind.address(typed)
    except ValueError as error:
        return Fault("said", str(error).rstrip("。"))
    other = await carriers.group_at(session, which, address)
    if other is None or other == group_id:
        return None
    group = await people.group(session, other)
    return Fault("carried", group.name if group else other)


async def write(
    session: AsyncSession, group: Group, used: set[str], values: Mapping[str, Any]
) -> None:
    """Write what was typed. Taken where another group has just got an address of it."""
    kept = await of(session, group.id)
    known = shown(kept)
    wanted: dict[str, str | None] = {}
    for which, kind in _named().items():
        typed = values[f"{BEFORE}{which}"] or ""
        if typed and typed != known[f"{BEFORE}{which}"]:
            wanted[which] = kind.address(typed)
        elif not typed:
            wanted[which] = group.id if which in used else None
    if Sandbox.name in used:
        wanted[Sandbox.name] = group.id
    for which, address in wanted.items():
        await _write(session, group.id, which, kept.get(which), address)


async def _write(
    session: AsyncSession, group_id: str, which: str, kept: Carrier | None, address: str | None
) -> None:
    if (kept.address if kept else None) == address:
        return
    if kept is not None:  # what a platform told of the one before is not true of this one
        await carriers.drop(session, group_id, which)
    if address is None:
        return
    await carriers.settled(session, which, address, sets_up=True)
    try:
        await carriers.put(session, group_id, which, address)
    except IntegrityError as error:
        raise register.Taken from error
