"""How long the pages take that list a whole city: `python -m bench.groups`.

2,109 groups, 135,273 members, 200,000 messages and 400,000 posts; whole pages over HTTP, as an
administrator sees them.
"""

import asyncio
import time

import httpx
from sqlalchemy import text

from bench.ledger import browse, house, timed

FILL = (
    """
    INSERT INTO groups (id, name, district, reads, answers, pushes)
    SELECT 'q' || n, '制造名城-' || (ARRAY['天元区','荷塘区','芦淞区','石峰区'])[1 + n % 4]
        || '-' || n || '群', (ARRAY['天元区','荷塘区','芦淞区','石峰区'])[1 + n % 4],
        'wecom_archive', 'wecom_customer_group', 'wecom_customer_group'
    FROM generate_series(1, 2109) n
    """,
    """
    INSERT INTO carriers (channel, address, group_id, about)
    SELECT channel, 'wr' || n, 'q' || n, '{"owner": "zhang"}'
    FROM generate_series(1, 2109) n,
        unnest(ARRAY['wecom_archive', 'wecom_customer_group']) channel
    """,
    """
    INSERT INTO members (channel, external_id, name, role, enterprise, enterprise_from)
    SELECT 'wecom', 'wm' || n, '企业' || n % 40000 || '-张' || n, 'member',
        '株洲企业' || n % 40000 || '有限公司', 'nickname'
    FROM generate_series(1, 135273) n
    """,
    """
    INSERT INTO messages (group_id, external_id, sender_id, name, text, images, mentions_bot, at,
        via, effect)
    SELECT 'q' || 1 + n % 2109, 'm' || n, (SELECT min(id) FROM members WHERE channel = 'wecom')
        + n % 135273, '企业' || n, '今天园区的路灯又不亮了,请尽快来看看', '[]', false,
        timestamptz '2026-11-25' - n * interval '1 minute', 'wecom_archive', 'silence'
    FROM generate_series(1, 200000) n
    """,
    """
    INSERT INTO posts (group_id, "to", text, about, why, at, status, next_at, tries, sent_at)
    SELECT 'q' || 1 + n % 2109, '[]', '【周通报】本周收集问题 12 件', '[]', 'digest', at,
        CASE WHEN n % 300 = 0 THEN 'unknown' ELSE 'sent' END, at, 1, at
    FROM (SELECT n, timestamptz '2026-11-25' - n * interval '1 minute' AS at
        FROM generate_series(1, 400000) n) rows
    """,
    "VACUUM ANALYZE",
)
PAGES = (
    "/", "/groups", "/groups?q=99", "/groups/q77", "/register/groups",
    "/register/groups?state=ails", "/register/groups/q77", "/register/members",
    "/register/members?q=张99999", "/register/members?q=企业77", "/system",
)  # fmt: skip


async def run() -> None:
    """Fill and measure."""
    async with house() as app:
        began = time.perf_counter()
        async with app.database.engine.connect() as connection:
            free = await connection.execution_options(isolation_level="AUTOCOMMIT")
            for statement in FILL:
                await free.execute(text(statement))
        print(f"a city, written in {time.perf_counter() - began:.0f} s", flush=True)
        async with await browse(app, "a1") as browser:
            for page in PAGES:
                await _measure(browser, page)


async def _measure(browser: httpx.AsyncClient, page: str) -> None:
    size = 0

    async def ask() -> None:
        nonlocal size
        answer = await browser.get(page)
        answer.raise_for_status()
        size = len(answer.content)

    print(f"{page:32} {await timed(ask):8.1f} ms {size / 1000:8.0f} kB", flush=True)


if __name__ == "__main__":
    asyncio.run(run())
