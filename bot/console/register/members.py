"""人员: who is known, by which name, from which enterprise or unit, and as what."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import rights
from actions.names import name, names
from bot.channels import kinds
from bot.channels.base import clean
from bot.console.page import Visit
from bot.console.register import desk, listing
from bot.console.register.desk import Desk, Here
from bot.console.register.form import Choices, Fault, Faults, Field, Given
from bot.console.register.listing import Cell, Listing, Narrow
from storage import accounts, people, register
from storage.models import Member
from storage.register import Wanted

router = APIRouter(prefix="/members")

PAGE = 50

Text = Annotated[str, Query(max_length=100)]
After = Annotated[int, Query(ge=0, le=2**31 - 1)]


class Members(Desk[Member]):
    """One person."""

    what, path, table = "member", "/register/members", Member
    fields = (
        Field("name", "群里的名字", needed=True, most=100, personal=True),
        Field("role", "身份", "choice", needed=True),
        Field("unit", "单位", "choice"),
        Field("enterprise", "企业", personal=True),
        Field("channel", "平台", "choice", needed=True, once=True),
        Field("external_id", "编号", needed=True, once=True, personal=True),
    )

    async def choices(self, session: AsyncSession) -> Choices:
        """Roles, units, and where people are known."""
        units = [(row.name, row.name) for row in await people.units(session)]
        return {
            "role": list(names()["role"].items()),
            "unit": [("", "无"), *units],
            "channel": [(realm, name("channel", realm)) for realm in _realms()],
        }

    async def shown(self, session: AsyncSession, row: Member) -> Given:
        """As its form has it: the unit by its name."""
        unit = await people.unit(session, row.unit_id)
        told = {one.name: one.typed(getattr(row, one.name, "")) for one in self.fields}
        return {**told, "unit": unit.name if unit else ""}

    async def check(
        self, session: AsyncSession, visit: Visit, row: Member | None, values: dict[str, Any]
    ) -> Faults:
        """A handler has a unit; nobody is two; there is always an administrator."""
        if values["role"] == "handler" and not values["unit"]:
            return {"unit": Fault("handler")}
        if row is None and await people.find(session, values["channel"], values["external_id"]):
            return {"external_id": Fault("taken")}
        if row is not None and row.id == visit.who.id and values["role"] != row.role:
            return {"role": Fault("yourself")}
        return {}

    async def put(self, session: AsyncSession, row: Member, values: Mapping[str, Any]) -> None:
        """What the register says of the enterprise has the last word."""
        told = dict(values)
        unit = told.pop("unit")
        found = await people.unit_named(session, unit) if unit else None
        row.unit_id = found.id if found else None
        if told["enterprise"] != row.enterprise:
            row.enterprise_from = "register" if told["enterprise"] else None
        for field, value in told.items():
            setattr(row, field, value)

    async def more(
        self, session: AsyncSession, visit: Visit, row: Member
    ) -> tuple[str, Mapping[str, Any]]:
        """How the enterprise is known, and how they sign in."""
        may = rights.enters(visit.who, "registrar")
        mine = [
            account.login
            for account, member in (await accounts.all_held(session) if may else [])
            if member.id == row.id
        ]
        return "register/member.html", {"member": row, "may": may, "logins": mine}


def _realms() -> list[str]:
    """Under which names people are known: channels of one platform share one."""
    return list(dict.fromkeys(kind.people or which for which, kind in kinds().items()))


desk.add(router, Members())


@router.get("")
async def members(
    visit: Here, q: Text = "", role: Text = "", unit: Text = "", after: After = 0
) -> Response:
    """One page of all people."""
    words = clean(q).strip()
    async with visit.app.database.transaction() as session:
        units = await people.units(session)
        ids = {row.name: row.id for row in units}
        wanted = Wanted(
            words=words, role=role if role in names()["role"] else "", unit_id=ids.get(unit)
        )
        rows = await register.members(session, wanted, after=after, most=PAGE)
        many = await register.roles(session)
    at = {row.id: row.name for row in units}
    query = {"q": words, "role": wanted.role, "unit": unit if unit in ids else ""}
    roles = [(code, f"{shown}({many.get(code, 0)})") for code, shown in names()["role"].items()]
    return listing.show(visit, Listing(
        what="member", path="/register/members", may=rights.enters(visit.who, "registrar"),
        columns=("群里的名字", "身份", "单位", "企业", "编号"),
        narrows=(
            Narrow(name="q", label="名字、企业或编号", value=words),
            Narrow(name="role", label="身份", value=wanted.role, choices=roles),
            Narrow(name="unit", label="单位", value=query["unit"],
                   choices=[(row.name, row.name) for row in units]),
        ),
        rows=[_row(row, at) for row in rows],
        further=urlencode({**query, "after": rows[-1].id}) if len(rows) == PAGE else "",
    ))  # fmt: skip


def _row(row: Member, units: Mapping[int | None, str]) -> list[Cell]:
    unit = units.get(row.unit_id, "")
    return [
        Cell(text=row.name, href=f"/register/members/{row.id}", personal=True),
        Cell(text=name("role", row.role), chip="" if row.role == "member" else "soon"),
        Cell(text=unit, href=f"/register/members?unit={quote(unit, safe='')}" if unit else ""),
        Cell(text=row.enterprise or "", personal=True),
        Cell(text=row.external_id, note=name("channel", row.channel), personal=True),
    ]
