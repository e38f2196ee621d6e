"""How long a page of the ledger takes: `python -m bench.ledger [TICKETS] [KIND]`.

Whole pages over HTTP, as a coordinator sees them, of 1,000,000 tickets told over three years: each
kind of question in each order, from the beginning and from the middle. Some questions are there to
be unpleasant: what fits lies all at the far end, or nearly nothing fits of what is asked for often.
Last, what it costs to write a ticket beside so many others.
"""

import asyncio
import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from sqlalchemy import text

from actions import steps
from actions.deadlines import ZONE
from actions.opening import Report, open_ticket
from bot import city, web
from bot.app import App
from bot.console.ledger_asked import SORTS
from bot.console.page import COOKIE
from bot.embedded.servers import start
from bot.settings import Settings
from bot.up import DEFAULT_CITY
from nlu.keywords import Keywords
from nlu.training import PROJECT
from storage import accounts, calendar, migrate, people
from storage.database import Database

MANY = 1_000_000
RUNS = 3
NOW = datetime(2026, 11, 25, 10, tzinfo=ZONE)  # a Wednesday
START = NOW - timedelta(days=1096)

#: Most are long closed, some hundred a week are not; categories, units, enterprises and words come
#: as unevenly as in life. 疫情 was told of in the first year alone, 暴雨 in the last week.
FILL = (
    """
    INSERT INTO tickets (no, kind, status, category, source, group_id, enterprise, district,
        address, unit_id, assisting, text, reported_at, respond_by, due_at, counted, provisional,
        accepted_at, responded_at, first_respond_by, resolved_at, closed_at, suspended_at,
        resolve_count, reopened, extended, rating, urgent, confidential, alone, asked)
    SELECT n,
        CASE WHEN h1 % 300 = 0 THEN 'misconduct' WHEN h1 % 20 = 1 THEN 'consult' ELSE 'issue' END,
        state, categories[1 + (h2 % 17) * (h3 % 17) / 16],
        (ARRAY['group','group','group','hotline','visit','breakfast_meeting'])[1 + h4 % 6],
        'g' || 1 + h5 % 4, '株洲' || names[1 + h5 % 20] || h5 % 4999 || '有限公司',
        districts[1 + (h3 % 9) * (h4 % 9) / 8], places[1 + h6 % 20] || h6 % 90 || '号',
        CASE WHEN state = 'new' THEN NULL ELSE 1 + (h6 % 20) * (h2 % 20) / 19 END, '[]',
        places[1 + h6 % 20] || things[1 + (h2 % 25) * (h5 % 25) / 24]
            || wrongs[1 + h3 % 12] || '已经' || h4 % 30 || '天了,' || asks[1 + h1 % 8]
            || CASE WHEN n < many / 3 AND h5 % 9 = 0 THEN ',受疫情影响' ELSE '' END
            || CASE WHEN n > many - many / 150 AND h5 % 4 = 0 THEN ',暴雨以后更严重' ELSE '' END,
        at, at + interval '3 days', due, '{}', false,
        CASE WHEN state NOT IN ('new', 'assigned') THEN at + interval '1 day' END,
        CASE WHEN state NOT IN ('new', 'assigned') THEN at + interval '1 day' END,
        at + interval '3 days',
        CASE WHEN state IN ('resolved', 'closed') THEN at + (h2 % 9) * interval '1 day' END,
        CASE WHEN state = 'closed' THEN at + (9 + h2 % 5) * interval '1 day' END,
        CASE WHEN state = 'suspended' THEN at + interval '2 days' END,
        (state IN ('resolved', 'closed'))::int, (h6 % 25 = 0)::int, (h6 % 12 = 0)::int,
        CASE WHEN state = 'closed' THEN (ARRAY['satisfied','satisfied','fairly',NULL])[1+h5%4] END,
        h4 % 40 = 0, h1 % 300 = 0, false, false
    FROM (
        SELECT *, at + (CASE WHEN h4 % 40 = 0 THEN 1 ELSE 5 + h3 % 9 END) * interval '1 day' AS due,
            CASE WHEN at < now_ - interval '60 days' THEN
                    CASE WHEN h2 % 2000 = 0 THEN 'suspended' WHEN h2 % 60 = 1 THEN 'rejected'
                         WHEN h2 % 60 = 2 THEN 'merged' WHEN h2 % 60 = 3 THEN 'withdrawn'
                         WHEN h2 % 3000 = 4 THEN 'accepted' ELSE 'closed' END
                WHEN at < now_ - interval '14 days' THEN
                    CASE WHEN h2 % 60 = 0 THEN 'accepted' WHEN h2 % 9 = 1 THEN 'resolved'
                         ELSE 'closed' END
                ELSE (ARRAY['new','assigned','accepted','accepted','resolved'])
                    [1 + h2 % 5] END AS state,
            ARRAY['traffic','utilities','land','tax','labor','permit','arrears','subsidy','safety',
                'construction','environment','facilities','service','market','finance',
                'enforcement','other'] AS categories,
            ARRAY['天元区','荷塘区','石峰区','芦淞区','渌口区','醴陵市','攸县','茶陵县','炎陵县']
                AS districts,
            ARRAY['栗雨工业园','新马路','仙庾岭','清水塘','响石广场','田心立交桥','金钩山','龙头铺',
                '东富工业园','建宁大道','黄河北路','长江北路','株洲大道','红旗路','石宋路','神农大道',
                '湘江大道','董家塅','枫溪大道','白关镇'] AS places,
            ARRAY['路灯','停车场','下水道','红绿灯','变压器','自来水','天然气','公交站','井盖',
                '绿化带','人行道','消防栓','厂区大门','宽带','用地手续','环评批复','施工许可',
                '社保缴纳','电子发票','出口退税','贷款续贷','工程尾款','技改补贴','用工招聘','围挡']
                AS things,
            ARRAY['坏了','没有人管','长期堵塞','一直没有批下来','被占用','损坏严重','漏水','停用',
                '办不了','拖着不办','又出问题','影响生产'] AS wrongs,
            ARRAY['请尽快处理','希望能协调一下','什么时候能解决','反映过多次','员工意见很大',
                '急需帮助','请现场看一下','麻烦帮忙问问'] AS asks,
            ARRAY['宏远','立方','时代','华锐','中车','九方','联诚','千金','旗滨','钻石','天桥','湘火',
                '金德','兴隆','明日','欧科','麦格','唐人','醴泉','云龙'] AS names
        FROM (
            SELECT n, CAST(:many AS int) AS many, CAST(:now AS timestamptz) AS now_,
                CAST(:start AS timestamptz) + n * (interval '1096 days' / CAST(:many AS float8))
                    AS at,
                abs(hashint4(n)::bigint) AS h1, abs(hashint4(n + 70000000)::bigint) AS h2,
                abs(hashint4(n + 140000000)::bigint) AS h3,
                abs(hashint4(n + 210000000)::bigint) AS h4,
                abs(hashint4(n + 280000000)::bigint) AS h5,
                abs(hashint4(n + 350000000)::bigint) AS h6
            FROM generate_series(1, CAST(:many AS int)) AS n
        ) AS dated
    ) AS made
    """,
    """
    INSERT INTO states (ticket_no, since, past, until, reported_at, kind, status, category,
        district, unit_id, group_id, due_at, respond_by, responded_at, resolved_at, suspended_at,
        resolve_count, reopened, rating, confidential, alone)
    SELECT no, coalesce(closed_at, reported_at), false, '9999-12-31 00:00+00', reported_at, kind,
        status, category, district, unit_id, group_id, due_at, respond_by, responded_at,
        resolved_at, suspended_at, resolve_count, reopened, rating, confidential, alone
    FROM tickets
    """,
    """
    INSERT INTO states (ticket_no, since, past, until, reported_at, kind, status, category,
        district, unit_id, group_id, due_at, respond_by, resolve_count, reopened, confidential,
        alone)
    SELECT no, reported_at, true, closed_at, reported_at, kind, 'assigned', category, district,
        unit_id, group_id, due_at, respond_by, 0, 0, confidential, alone
    FROM tickets WHERE closed_at IS NOT NULL
    """,
    "INSERT INTO heads VALUES ('ticket', 9000000, '') ON CONFLICT DO NOTHING",
)  # fmt: skip

#: What is asked for, as it stands in the address of the page.
KINDS = {
    "everything": "",
    "one status, seldom": "status=new",
    "one status, nearly all": "status=closed",
    "four statuses": "status=new&status=assigned&status=accepted&status=suspended",
    "a unit": "unit={unit}",
    "a small unit": "unit={small}",
    "no unit": "unassigned=1",
    "a district": "district=天元区",
    "a category": "category=finance",
    "a source": "source=visit",
    "a group": "group=g2",
    "consults": "kind=consult",
    "overdue": "overdue=1",
    "due today": "today=1",
    "urgent": "urgent=1",
    "urgent and reopened": "urgent=1&reopened=1",
    "an enterprise": "enterprise=宏远1000",
    "enterprises of a name": "enterprise=宏远",
    "the first month": "from=2023-11-25&to=2023-12-25",
    "the last month": "from=2026-10-25",
    "open since the first year": "status=accepted&to=2024-11-25",
    "unit, category, district": "unit={unit}&category=tax&district=攸县",
    "all at once": "status=closed&unit={unit}&category=tax&district=天元区&group=g3&source=group"
    "&kind=issue&reopened=1&from=2024-01-01&to=2026-01-01&q=路灯",
    "a frequent word": "q=路灯",
    "two frequent words": "q=下水道 漏水",
    "a rare word": "q=围挡",
    "a word of the first year": "q=疫情",
    "a word of the last week": "q=暴雨",
    "one letter": "q=税",
    "a word that nobody said": "q=量子计算",
    "letters of it, apart": "q=电子大门",
    "a word and a status": "q=路灯&status=new",
    "a word and the last year": "q=疫情&from=2026-01-01",
    "a number": "q=%23500000",
    "figure: overdue": "figure=overdue",
    "figure: done in October": "figure=done&since=2026-10-01&until=2026-11-01",
    "figure: overdue in May": "figure=overdue&since=2026-05-01&until=2026-06-01&at=2026-06-01",
    "figure: reopened, a unit": "figure=reopened&unit={unit}&since=2025-01-01",
    "figure: collected": "figure=collected",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """A kind of question: the quickest order, the slowest, and which that is."""

    count: str
    quickest: float
    slowest: float
    order: str


async def fill(database: Database, many: int) -> None:
    """A ledger of so many tickets."""
    async with database.engine.connect() as connection:
        free = await connection.execution_options(isolation_level="AUTOCOMMIT")
        wanted = {"many": many, "start": START, "now": NOW}
        for statement in FILL:
            names = {name: value for name, value in wanted.items() if f":{name} " in statement}
            await free.execute(text(statement), names)
        await free.execute(text("VACUUM ANALYZE"))


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """The median of some runs, in milliseconds."""
    spent = []
    for _ in range(RUNS):
        began = time.perf_counter()
        await work()
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent)


async def measure(browser: httpx.AsyncClient, query: str, many: int) -> Measured:
    """One kind of question, in each order, from the beginning and from the middle."""
    found: dict[str, float] = {}
    page = ""

    async def ask(address: str) -> None:
        nonlocal page
        answer = await browser.get(address)
        answer.raise_for_status()
        page = answer.text

    middle = int((START + (NOW - START) / 2).timestamp() * 1_000_000)
    for sort in SORTS:
        after = str(many // 2) if sort.endswith("no") else f"{middle}-{many // 2}"
        for place, label in (("", sort), (f"&after={after}", f"{sort}, on")):
            address = f"/tickets?{query}&sort={sort}{place}"
            found[label] = await timed(lambda address=address: ask(address))  # type: ignore[misc]
    count = page.split('class="count">', 1)[1].split("<", 1)[0]
    slowest = max(found, key=lambda label: found[label])
    return Measured(count, min(found.values()), found[slowest], slowest)


async def browse(app: App, member: str = "c1") -> httpx.AsyncClient:
    """A browser in which a member is signed in: a coordinator."""
    async with app.database.transaction() as session:
        found = await people.known(session, member)
        if found is None:
            raise LookupError(member)
        await accounts.make(session, login="bench", password="", member=found, now=NOW)
        account = await accounts.find(session, "bench")
        if account is not None:
            account.given = False
    token = await app.sessions.begin("bench", app.now(), address="127.0.0.1", agent="bench")
    transport = httpx.ASGITransport(web.create(app))
    return httpx.AsyncClient(
        transport=transport, base_url="http://bench", cookies={COOKIE: token}, timeout=60
    )


async def written(database: Database) -> dict[str, float]:
    """What it costs to open a ticket, and to accept one."""
    no = 0

    async def opens() -> None:
        nonlocal no
        async with database.transaction() as session:
            by = await steps.named(session, "u1")
            report = Report(text="栗雨工业园新马路的路灯坏了一周,请尽快处理", category="traffic",
                            district="天元区", group_id="g1")  # fmt: skip
            no = (await open_ticket(session, report, by=by, now=NOW)).no

    async def changes() -> None:
        async with database.transaction() as session:
            change = text("UPDATE tickets SET status = 'accepted', extended = 0 WHERE no = :no")
            await (await session.connection()).execute(change, {"no": no})

    return {
        "a ticket is opened": await timed(opens),
        "its row is written anew": await timed(changes),
    }


@contextlib.asynccontextmanager
async def house() -> AsyncIterator[App]:
    """A service on servers of its own, with the city that ships; its clock stands at NOW."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        scratch.chmod(0o711)
        running = await start(scratch / "data", print, durable=False)
        settings = Settings(
            data=scratch / "data", database_url=running.servers.database_url,
            redis_url=running.servers.redis_url,
        )  # fmt: skip
        app = App(settings, Keywords.load(PROJECT / "data"))
        app.now = lambda: NOW
        try:
            await asyncio.to_thread(migrate.upgrade, running.servers.database_url)
            async with app.database.transaction() as session:
                await calendar.seed(session)
                await city.load(session, city.read(DEFAULT_CITY))
            yield app
        finally:
            await app.close()
            await running.stop()


async def run(many: int, only: str) -> None:
    """Fill and measure."""
    async with house() as app:
        async with app.database.transaction() as session:
            units = {row.id: row.name for row in await people.units(session)}
        began = time.perf_counter()
        await fill(app.database, many)
        print(f"{many:,} tickets, written in {time.perf_counter() - began:.0f} s", flush=True)
        async with await browse(app) as browser:
            await table(browser, units[1], units[20], many, only)
        for name, ms in (await written(app.database)).items():
            print(f"{name:28} {ms:8.1f} ms")


async def table(browser: httpx.AsyncClient, unit: str, small: str, many: int, only: str) -> None:
    """Measure and print one line a kind."""
    print(f"{'':28} {'tickets':>9}  {'quickest':>11} {'slowest order':>14}")
    worst = 0.0
    for name, query in KINDS.items():
        if only not in name:
            continue
        found = await measure(browser, query.format(unit=unit, small=small), many)
        worst = max(worst, found.slowest)
        print(f"{name:28} {found.count:>9} {found.quickest:8.1f} ms {found.slowest:8.1f} ms"
              f"  {found.order}", flush=True)  # fmt: skip
    print(f"{'the slowest page':28} {'':>9} {'':8}    {worst:8.1f} ms")


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]) if len(sys.argv) > 1 else MANY, (sys.argv[2:3] or [""])[0]))
