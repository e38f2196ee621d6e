"""知识库: what questions are answered with, and a try-out of which article fits."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlmodel.ext.asyncio.session import AsyncSession

from actions import knowledge, rights
from bot.channels.base import clean
from bot.console.register import desk, listing
from bot.console.register.desk import Desk, Here
from bot.console.register.form import Field
from bot.console.register.listing import Cell, Listing, Narrow
from storage import articles as kept
from storage import register
from storage.models import Article

router = APIRouter(prefix="/articles")

Text = Annotated[str, Query(max_length=1000)]
STATES = (("yes", "已发布"), ("no", "已撤下"))


class Articles(Desk[Article]):
    """One article."""

    what, path, table, title, part = "article", "/register/articles", Article, "title", "articles"
    fields = (
        Field("title", "题目", needed=True),
        Field("body", "答复", "text", needed=True, most=20_000),
        Field("source", "出处", needed=True),
        Field("dated", "日期", "date", needed=True),
        Field("published", "发布", "check"),
    )

    async def after(self, session: AsyncSession) -> None:
        """Whoever answers with it reads it again."""
        await kept.changed(session)

    async def held(self, _session: AsyncSession, row: Article) -> dict[str, int]:
        """What is published is withdrawn first."""
        return {"published": int(row.published)}


desk.add(router, Articles())


@router.get("")
async def articles(visit: Here, q: Text = "", state: Text = "", ask: Text = "") -> Response:
    """All articles, and which one would answer a question."""
    words, asked = clean(q).strip(), clean(ask).strip()
    async with visit.app.database.transaction() as session:
        wanted = {"yes": True, "no": False}.get(state)
        rows = await register.articles(session, words=words, published=wanted)
        found = await knowledge.nearest(session, asked) if asked else None
    tried: dict[str, Any] = {"asked": asked, "found": found, "threshold": knowledge.THRESHOLD}
    return listing.show(visit, Listing(
        what="article", path="/register/articles", may=rights.enters(visit.who, "articles"),
        columns=("题目", "状态", "出处", "日期"),
        narrows=(Narrow(name="q", label="题目或答复里的字", value=words),
                 Narrow(name="state", label="状态", value=state, choices=STATES)),
        rows=[_row(row) for row in rows], more=("register/asked.html", tried),
    ))  # fmt: skip


def _row(row: Article) -> list[Cell]:
    return [
        Cell(text=row.title, href=f"/register/articles/{row.id}"),
        Cell(text="已发布" if row.published else "已撤下", chip="closed" if row.published else ""),
        Cell(text=row.source),
        Cell(text=row.dated.isoformat()),
    ]
