"""系统: what stands there, what can be done about it, and that it is the administrators' alone."""

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlmodel import select

from bot.channels.base import Channel, Door, Health, Powers
from bot.streams import partition
from storage import accounts, carriers, changes, due, people, poison, posts
from storage.models import Due, Member, Notice, Poisoned, Post
from tests.bot.console.conftest import PHONE, Console, make_confidential
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded

PAGES = ("", "/messages", "/browsers", "/accounts", "/changes")
MARKUP = "<script>alert(1)</script>"
PAYLOAD = json.dumps(
    {
        "kind": "message", "channel": "sandbox", "group": "g1", "id": "p1",
        "at": "2023-04-03T09:00:00+08:00", "sender": "zhang", "name": "立方新能源-张三",
        "text": f"{REPORT},有人要回扣",
    },
    ensure_ascii=False,
)  # fmt: skip


async def sends(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    found = re.search(r'name="seal" value="(\w+)"', (await browser.get("/system")).text)
    assert found is not None
    return await browser.post(f"/system{path}", data={"seal": found[1], **fields})


async def aside(console: Console, payload: str = PAYLOAD, error: str = "ValueError: x") -> int:
    """A message that was set aside; its number."""
    async with console.app.database.transaction() as session:
        await poison.keep(session, payload=payload, error=error, at=console.app.now())
        row = (await poison.newest(session))[0]
    assert row.id is not None
    return row.id


async def unsent(console: Console, status: str = "failed", text: str = "已受理") -> int:
    """A post that was not sent; its number."""
    async with console.app.database.transaction() as session:
        post = await posts.say(session, group_id="g1", text=text, at=console.app.now(), why="x")
        post.status, post.error, post.tries = status, f"通道不通 {PHONE}{MARKUP}\n[SQL: x]", 5
    assert post.id is not None
    return post.id


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("member", ["zhang", "h1", "c1", "i1", "l1"])
async def test_it_is_for_administrators(shared: Console, path: str, member: str) -> None:
    assert (await (await shared.visitor(member)).get(f"/system{path}")).status_code == 403


@pytest.mark.parametrize("path", PAGES)
async def test_administrators_find_it_also_when_there_is_nothing(
    shared: Console, path: str
) -> None:
    page = await (await shared.visitor("a1")).get(f"/system{path}")
    assert page.status_code == 200


async def test_how_it_does(console: Console) -> None:
    browser = await console.visitor("a1")
    page = (await browser.get("/system")).text
    for words in (
        "没有积压",
        "没有,消息会一直等着",
        "都发出去了",
        "PostgreSQL 18",
        "Valkey",
        "还剩",
    ):
        assert words in page
    await console.app.streams.append("g1", PAYLOAD)
    await console.app.streams.share("worker-1", console.app.now().timestamp())
    await console.app.streams.lease("worker-1", partition("g1"))
    page = (await browser.get("/system")).text
    for words in ("1 条</strong>", "1 个在工作", "worker-1", "占 1 个分区"):
        assert words in page


async def test_a_part_that_reads_nothing_says_so_and_loads_no_model(console: Console) -> None:
    browser = await console.visitor("a1")
    assert "这个进程不识别消息" in (await browser.get("/system")).text
    assert "parser" not in vars(console.app)
    assert console.app.parser.name == "hand"
    assert "现在由<strong>hand</strong>识别" in (await browser.get("/system")).text


# --- posts ---------------------------------------------------------------------------------------


async def test_what_was_not_sent_is_shown_and_sent_again_when_asked(console: Console) -> None:
    number, browser = await unsent(console), await console.visitor("a1")
    page = (await browser.get("/system")).text
    assert "通道不通 138****5678&lt;script&gt;" in page
    assert PHONE not in page
    assert "[SQL" not in page
    assert (await sends(browser, f"/posts/{number}/again")).status_code == 303
    async with console.app.database.transaction() as session:
        post = await session.get(Post, number)
        (line,) = await changes.page(session, what=["post"])
    assert post is not None
    assert (post.status, post.tries) == ("waiting", 0)
    assert (line.by, line.of, line.became) == ("a1", str(number), "again")
    assert "都发出去了" in (await browser.get("/system")).text


async def test_of_an_unknown_one_it_is_said_that_it_may_be_there_twice(console: Console) -> None:
    await unsent(console, "unknown")
    assert "群里可能出现两遍" in (await (await console.visitor("a1")).get("/system")).text


@pytest.mark.parametrize("status", ["waiting", "sent"])
async def test_what_is_well_is_not_sent_again(console: Console, status: str) -> None:
    number, browser = await unsent(console, status), await console.visitor("a1")
    assert (await sends(browser, f"/posts/{number}/again")).status_code == 404
    async with console.app.database.transaction() as session:
        post = await session.get(Post, number)
    assert post is not None
    assert post.status == status


@pytest.mark.parametrize("number", ["0", "-1", "x", "999", "2147483648", "9" * 30])
@pytest.mark.parametrize("path", ["/posts/{}/again", "/messages/{}/again", "/messages/{}/dismiss"])
async def test_what_is_not_there_is_refused(shared: Console, path: str, number: str) -> None:
    answer = await sends(await shared.visitor("a1"), path.format(number), reason="x")
    assert answer.status_code in {400, 404}


# --- due work ------------------------------------------------------------------------------------


async def test_due_work_that_fails_is_shown_without_confidential_numbers(
    console: Console, town: Town
) -> None:
    first, second = await town.reports("zhang", REPORT), await town.reports("li", "有人要回扣")
    await make_confidential(town, second)
    async with console.app.database.transaction() as session:
        for no in (first, second):
            await due.plan(session, "silence", console.app.now(), ticket_no=no)
        for row in (await session.exec(select(Due).where(Due.what == "silence"))).all():
            await due.put_off(session, row.id or 0, console.app.now(), f"KeyError: {PHONE}\nmore")
    page = (await (await console.visitor("a1")).get("/system")).text
    assert f'href="/tickets/{first}"' in page
    assert page.count("自动销号") == 2
    assert f"#{second}<" not in page
    assert "KeyError: 138****5678" in page


# --- messages that were set aside ----------------------------------------------------------------


async def test_what_was_set_aside_is_shown_without_its_words(console: Console) -> None:
    await aside(console, error=f"DataError: bad {MARKUP}\n[parameters: 有人要回扣]")
    browser = await console.visitor("a1")
    page = (await browser.get("/system/messages")).text
    assert "DataError: bad &lt;script&gt;" in page
    assert "回扣" not in page
    assert "1 条要处理" in (await browser.get("/system")).text


async def test_what_was_set_aside_goes_back_into_its_stream_and_is_handled(
    console: Console,
) -> None:
    number, browser = await aside(console), await console.visitor("a1")
    assert (await sends(browser, f"/messages/{number}/again")).status_code == 303
    assert await console.app.worker().step() == 1
    assert "已受理 #1" in (await browser.get("/groups/g1")).text
    assert "没有搁置的消息" in (await browser.get("/system/messages")).text
    assert (await sends(browser, f"/messages/{number}/again")).status_code == 404


@pytest.mark.parametrize("payload", ["", "no json", "[]", '{"group": 5}', "\x00"])
async def test_what_can_not_be_read_comes_back(console: Console, payload: str) -> None:
    number, browser = await aside(console, payload), await console.visitor("a1")
    await sends(browser, f"/messages/{number}/again")
    await console.app.worker().step()
    async with console.app.database.transaction() as session:
        (row,) = (await session.exec(select(Poisoned))).all()
    assert row.id != number


async def test_what_is_given_up_stays_in_the_record_with_the_reason(console: Console) -> None:
    number = await aside(console, error="DataError: bad\n[parameters: 有人要回扣]")
    browser = await console.visitor("a1")
    answer = await sends(browser, f"/messages/{number}/dismiss", reason=f"重复{MARKUP}\x00")
    assert answer.status_code == 303
    async with console.app.database.transaction() as session:
        (line,) = await changes.page(session, what=["poisoned"])
        assert (await session.exec(select(Poisoned))).first() is None
    assert (line.by, line.became) == ("a1", f"重复{MARKUP}")
    assert line.was["payload"] == PAYLOAD
    page = (await browser.get("/system/changes")).text
    assert "重复&lt;script&gt;" in page
    assert "回扣" not in page


async def test_no_key_stays_in_the_record_with_what_is_given_up(console: Console) -> None:
    image = {"id": "i1", "source": {"url": "https://files.example/1", "aeskey": "made-up-key"}}
    handle = {"response_url": "https://answers.example/?code=made-up-key"}
    told = json.loads(PAYLOAD) | {"images": [image], "handle": handle}
    number = await aside(console, json.dumps(told, ensure_ascii=False))
    browser = await console.visitor("a1")
    await sends(browser, f"/messages/{number}/dismiss", reason="重复")
    async with console.app.database.transaction() as session:
        (line,) = await changes.page(session, what=["poisoned"])
    assert "made-up-key" not in json.dumps(line.was)
    assert json.loads(line.was["payload"])["text"] == told["text"]


@pytest.mark.parametrize("reason", ["", "  ", "\x00"])
async def test_nothing_is_given_up_without_a_reason(console: Console, reason: str) -> None:
    number, browser = await aside(console), await console.visitor("a1")
    answer = await sends(browser, f"/messages/{number}/dismiss", reason=reason)
    assert (answer.status_code, "要写明理由" in answer.text) == (400, True)
    async with console.app.database.transaction() as session:
        assert (await session.exec(select(Poisoned))).first() is not None


# --- who is let in -------------------------------------------------------------------------------


async def test_an_administrator_ends_anybodys_browser(console: Console) -> None:
    browser, other = await console.visitor("a1"), await console.visitor("c1")
    page = (await browser.get("/system/browsers")).text
    (mark,) = re.findall(r'name="mark" value="(\w+)"', page)
    assert (await sends(browser, "/browsers/end", mark=mark)).status_code == 303
    assert (await other.get("/groups")).status_code == 303
    assert (await sends(browser, "/browsers/end", mark=mark)).status_code == 303
    async with console.app.database.transaction() as session:
        (line,) = await changes.page(session, what=["browser"])
    assert line.by == "a1"


async def closed(console: Console) -> str:
    """An account that has to wait, and asks for codes that nobody can make."""
    login = await console.account("c1")
    async with console.app.database.transaction() as session:
        await accounts.ask_codes(session, login, "A" * 32)
        account = await accounts.lock(session, login)
        assert account is not None
        account.failures = 11
        account.locked_until = console.app.now() + timedelta(hours=1)
    return login


async def test_an_administrator_helps_who_can_not_come_in(console: Console) -> None:
    login, browser = await closed(console), await console.visitor("a1")
    page = (await browser.get("/system/accounts")).text
    assert "失败11次,等到" in page
    assert (await sends(browser, "/accounts/free", login=login)).status_code == 303
    assert (await sends(browser, "/accounts/codes", login=login)).status_code == 303
    async with console.app.database.transaction() as session:
        account = await accounts.find(session, login)
        told = [(line.what, line.of) for line in await changes.page(session)]
    assert account is not None
    assert (account.failures, account.locked_until, account.totp) == (0, None, None)
    assert told == [("totp", login), ("freed", login)]


@pytest.mark.parametrize("path", ["/accounts/free", "/accounts/codes", "/accounts/subject"])
async def test_for_nobody_nothing_is_changed(shared: Console, path: str) -> None:
    assert (await sends(await shared.visitor("a1"), path, login="nobody\x00")).status_code == 404


async def test_an_account_is_linked_to_one_name_elsewhere_and_that_to_it_alone(
    console: Console,
) -> None:
    console.app.settings = console.app.settings.model_copy(update={"wecom_corp_id": "corp"})
    there = Console(console.app, console.stack)
    first, second = await there.account("c1"), await there.account("c2")
    browser = await there.visitor("a1")
    link = {"way": "wecom", "known_as": f" wang{MARKUP} "}
    assert (await sends(browser, "/accounts/subject", login=first, **link)).status_code == 303
    answer = await sends(browser, "/accounts/subject", login=second, **link)
    assert (answer.status_code, "已经关联了另一个账号" in answer.text) == (400, True)
    assert MARKUP not in answer.text
    other = await sends(browser, "/accounts/subject", login=second, way="oidc", known_as="x")
    assert (other.status_code, "没有设置这种登录方式" in other.text) == (400, True)
    await sends(browser, "/accounts/subject", login=first, way="wecom", known_as="")
    async with there.app.database.transaction() as session:
        account = await accounts.find(session, first)
        lines = await changes.page(session, what=["subject"])
    assert account is not None
    assert account.subject is None
    assert [line.became for line in lines] == [None, f"wecom:wang{MARKUP}"]


async def test_the_record_can_be_narrowed_and_paged(console: Console) -> None:
    now, browser = console.app.now(), await console.visitor("a1")
    async with console.app.database.transaction() as session:
        for number in range(60):
            await changes.note(session, at=now, by="c1", what="sign_in", of=f"n{number:02}")
        await changes.note(session, at=now, by="a1", what="setting", of="close", was=17, became=18)
    first = (await browser.get("/system/changes")).text
    assert "n59" in first
    assert "n05" not in first
    older = re.search(r'href="(\?[^"]*before=\d+)"', first)
    assert older is not None
    assert "n05" in (await browser.get("/system/changes" + older[1].replace("&amp;", "&"))).text
    narrow = (await browser.get("/system/changes?what=setting")).text
    assert re.search(r"17.*18", narrow, re.DOTALL)
    assert "n59" not in narrow
    assert "n59" not in (await browser.get("/system/changes?by=a1")).text
    assert "没有符合条件的记录" in (await browser.get("/system/changes?by=nobody")).text


ODD = ["?what=x", "?what=%00", "?by=%00", "?by=%FF", "?before=0", f"?before={'9' * 30}",
       "?before=x", "?before=-1", f"?by={'x' * 101}", "?before=1"]  # fmt: skip


@pytest.mark.parametrize("query", ODD)
async def test_no_odd_address_is_a_failure_of_ours(shared: Console, query: str) -> None:
    assert (await (await shared.visitor("a1")).get(f"/system/changes{query}")).status_code < 500


async def test_what_stands_in_the_record_is_never_markup(console: Console) -> None:
    async with console.app.database.transaction() as session:
        member = await people.known(session, "c1")
        assert member is not None
        member.name = MARKUP
        await changes.note(
            session, at=console.app.now(), by="c1", what=MARKUP, of=MARKUP, was={MARKUP: MARKUP},
            became=[MARKUP], address=MARKUP,
        )  # fmt: skip
    await console.visitor("c1")
    browser = await console.visitor("a1")
    for path in PAGES:
        assert MARKUP not in (await browser.get(f"/system{path}")).text


@pytest.mark.parametrize("path", ["/system", "/register/groups/g1"])
async def test_an_answer_about_misconduct_that_was_not_sent_names_nobody(
    console: Console, town: Town, path: str
) -> None:
    await town.says("zhang", "科长收了红包", "report_misconduct")
    async with town.database.transaction() as session:
        (post,) = (await session.exec(select(Post))).all()
        post.status, post.error = "failed", "HTTP 403"
    page = (await (await console.visitor("a1")).get(path)).text
    assert "HTTP 403" in page
    assert "内容不在此显示" in page
    for words in ("张三", "将按规定处理"):
        assert words not in page


async def test_who_is_another_at_the_provider_signs_in_anew(console: Console) -> None:
    browser, login = await console.visitor("a1"), await console.account("c1")
    now = console.app.now()
    async with console.app.database.transaction() as session:
        await accounts.link(session, login, "wecom:lisi")
    token = await console.app.sessions.begin(login, now, address="", agent="", way="wecom")
    await sends(browser, "/accounts/subject", login=login, way="wecom", known_as="")
    assert await console.app.sessions.of(token) is None
    assert (await browser.get("/system")).status_code == 200


# --- channels, notices, what nobody knows --------------------------------------------------------


async def reported(console: Console, channel: str, state: Any, words: str) -> None:
    await console.app.inbox.report(console.app.channels[channel], Health(state, words))


async def test_channels_are_shown_as_they_are(console: Console) -> None:
    await reported(console, "wecom_webhook", "warn", f"1 个群停发 {PHONE}{MARKUP}")
    await console.app.streams.note("onebot", "no note")
    page = (await (await console.visitor("a1")).get("/system")).text
    part = page.partition('id="channels"')[2].partition("</section>")[0]
    assert "要留意" in part
    assert "1 个群停发 138****5678&lt;script&gt;" in part
    assert "在本系统里,不用设置" in part
    assert "docs/channels/wecom_bot.md" in part
    assert "没有设置 MINGCHENG_WEBHOOK_SECRET" in part
    assert MARKUP not in part


class Runs(Channel):
    """It must be run."""

    name, title, powers = "runs", "要运行的通道", Powers()

    async def run(self, door: Door) -> None:
        """Nobody does."""


async def test_a_channel_that_nobody_runs_says_so(console: Console) -> None:
    console.app.channels["runs"] = Runs()
    browser = await console.visitor("a1")
    old = {"state": "ok", "words": "连着", "at": str(console.app.now() - timedelta(minutes=3))}
    for note in (None, json.dumps(old)):
        if note:
            await console.app.streams.note("runs", note)
        part = (await browser.get("/system")).text.partition("要运行的通道")[2][:400]
        assert "没有进程在运行它" in part
        assert "连着" not in part


async def test_who_could_not_be_told_is_shown_without_what(console: Console, town: Town) -> None:
    await town.reports()
    await make_confidential(town, await town.reports("li", "有人要回扣"))
    now = console.app.now()
    async with console.app.database.transaction() as session:
        member = Member(channel="wecom", external_id="LiSi", name=f"李四{PHONE}", role="handler")
        session.add(member)
        await session.flush()
        same: dict[str, Any] = {
            "at": now,
            "not_before": now,
            "member_id": member.id,
            "text": "回扣",
            "tries": 1,
        }
        session.add_all([
            Notice(**same, level="blue", status="failed", error=f"不可见{MARKUP}", ticket_no=1),
            Notice(**same, level="red", status="unknown", error="没有答复", ticket_no=2),
            Notice(**same, level="urge", status="sent"),
            Notice(**same, level="review"),
        ])  # fmt: skip
    page = (await (await console.visitor("a1")).get("/system")).text
    part = page.partition('id="untold"')[2].partition("</section>")[0]
    assert part.count("<tr>") == 3  # a head and two
    assert 'href="/tickets/1"' in part
    assert "不可见&lt;script&gt;" in part
    assert "内容不在此显示" in part
    for hidden in ("/tickets/2", "移交", "回扣", PHONE, "催办"):
        assert hidden not in part


async def test_without_such_notices_there_is_no_word_of_them(console: Console) -> None:
    assert "没通知到手机的人" not in (await (await console.visitor("a1")).get("/system")).text


async def test_what_is_of_no_known_kind_is_shown_newest_first_without_its_words(
    console: Console,
) -> None:
    secret = "https://example.com/response?code=s3cret"
    async with console.app.database.transaction() as session:
        for kind in ("first", "second"):
            payload = json.dumps({"msgtype": kind, "text": "有人收红包", "response_url": secret})
            await carriers.unplaced(
                session, channel="wecom_bot", address=f"room{MARKUP}", why="kind", payload=payload,
                at=console.app.now(),
            )  # fmt: skip
    page = (await (await console.visitor("a1")).get("/system/messages")).text
    assert page.index("msgtype: second") < page.index("msgtype: first")
    for hidden in ("红包", "s3cret", "example.com", MARKUP):
        assert hidden not in page


async def test_what_is_sent_again_goes_on_behind_what_was_said(console: Console) -> None:
    number, browser = await unsent(console, "unknown"), await console.visitor("a1")
    async with console.app.database.transaction() as session:
        post = await session.get(Post, number)
        assert post is not None
        post.parts, post.via = 2, "sandbox"
    await sends(browser, f"/posts/{number}/again")
    async with console.app.database.transaction() as session:
        claimed = await posts.claim(session, console.app.now())
    assert claimed is not None
    assert (claimed.id, claimed.parts) == (number, 2)


async def test_by_another_channel_all_of_it_is_said_again(console: Console) -> None:
    number, browser = await unsent(console, "failed"), await console.visitor("a1")
    async with console.app.database.transaction() as session:
        post = await session.get(Post, number)
        assert post is not None
        post.parts, post.via = 2, "wecom_webhook"
    await sends(browser, f"/posts/{number}/again")
    async with console.app.database.transaction() as session:
        claimed = await posts.claim(session, console.app.now())
    assert claimed is not None
    assert (claimed.parts, claimed.via) == (0, "sandbox")
