"""The files that a replay leaves: tickets, what was said, notices, events, figures."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actions.figures import figures
from storage import digests, events, reminders, tickets
from storage import figures as counts
from storage.events import ZONE
from storage.models import Member, Message, Notice, Post, Ticket, Unit

TIMES = ("reported_at", "respond_by", "due_at", "accepted_at", "resolved_at", "closed_at")
#: What these messages do changes nothing about a ticket.
UNLISTED = ("ask", "urge", "request")
PLAIN = (
    "no", "kind", "status", "category", "source", "enterprise", "district", "address", "assisting",
    "text", "provisional", "reopened", "extended", "rating", "urgent", "confidential",
)  # fmt: skip


async def write(session: AsyncSession, out: Path, until: datetime) -> None:
    """Write all files into `out`; figures as they stand at `until`."""
    _lines(out / "tickets.jsonl", await _tickets(session))
    _lines(out / "said.jsonl", await _said(session, until))
    _lines(out / "notices.jsonl", await _notices(session, until))
    _lines(out / "events.jsonl", await _events(session))
    text = json.dumps(await _figures(session, until), ensure_ascii=False, indent=1)
    (out / "figures.json").write_text(text + "\n", encoding="utf-8")


def _lines(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _at(moment: datetime | None) -> str | None:
    return moment.astimezone(ZONE).isoformat() if moment else None


async def _names(session: AsyncSession) -> tuple[dict[int | None, str], dict[int | None, str]]:
    people = (await session.exec(select(Member))).all()
    units = (await session.exec(select(Unit))).all()
    return {row.id: row.external_id for row in people}, {row.id: row.name for row in units}


async def _tickets(session: AsyncSession) -> list[dict[str, Any]]:
    people, units = await _names(session)
    of: dict[int, list[Message]] = {}
    acted = (
        select(Message)
        .where(col(Message.ticket_no).is_not(None), col(Message.effect).not_in(UNLISTED))
        .order_by(col(Message.said))
    )
    related, fired = await tickets.related(session), await reminders.fired(session)
    for message in (await session.exec(acted)).all():
        for no in (message.ticket_no or 0, *message.also):
            of.setdefault(no, []).append(message)
    rows = []
    for ticket in (await session.exec(select(Ticket).order_by(col(Ticket.no)))).all():
        messages = of.get(ticket.no, [])
        rows.append(
            {name: getattr(ticket, name) for name in PLAIN}
            | {name: _at(getattr(ticket, name)) for name in TIMES}
            | {
                "group": ticket.group_id,
                "reporter": people.get(ticket.reporter_id),
                "unit": units.get(ticket.unit_id),
                "related": related.get(ticket.no, []),
                "messages": [message.external_id for message in messages],
                "recalled": [row.external_id for row in messages if row.recalled_at],
                "reminders": [
                    {"level": row.level, "at": _at(row.fired_at)}
                    for row in fired.get(ticket.no, [])
                ],
            }
        )
    return rows


async def _said(session: AsyncSession, until: datetime) -> list[dict[str, Any]]:
    posts = select(Post).where(col(Post.next_at) <= until)
    rows = (await session.exec(posts.order_by(col(Post.next_at), col(Post.said)))).all()
    return [
        {
            "at": _at(row.next_at),
            "group": row.group_id,
            "to": row.to,
            "text": row.text,
            "about": row.about,
            "why": row.why,
        }
        for row in rows
    ]


async def _notices(session: AsyncSession, until: datetime) -> list[dict[str, Any]]:
    people, _ = await _names(session)
    shown = select(Notice).where(col(Notice.not_before) <= until)
    rows = (await session.exec(shown.order_by(col(Notice.not_before), col(Notice.id)))).all()
    return [
        {
            "at": _at(row.not_before),
            "to": people[row.member_id],
            "level": row.level,
            "ticket": row.ticket_no,
            "text": row.text,
        }
        for row in rows
    ]


async def _events(session: AsyncSession) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while found := await events.after(session, len(rows)):
        rows += [{**events.content(event), "hash": event.hash} for event in found]
    return rows


async def _figures(session: AsyncSession, until: datetime) -> dict[str, Any]:
    scope = counts.Scope(at=until)
    result: dict[str, Any] = {"all": figures(await counts.total(session, scope))}
    facets: tuple[counts.Facet, ...] = ("unit", "district", "category")
    for facet in facets:
        found = await counts.by(session, facet, scope)
        result[facet] = {name: figures(of) for name, of in found.items()}
    result["digests"] = [
        {
            "digest": row.kind, "at": _at(row.made_at), "from": _at(row.since),
            "to": _at(row.until), **row.figures,
        }
        for row in await digests.every(session)
    ]  # fmt: skip
    return result
