"""Pictures, voices and files: who is given them, as what, and what pages say of them."""

import re
from collections.abc import Sequence
from hashlib import sha256
from urllib.parse import unquote

import httpx
import pytest

from bot.channels.base import Incoming, Media
from storage import media
from tests.bot.console.conftest import Console, make_confidential
from tests.bot.console.media_sent import numbers, sends
from tests.demo_media import DUSK, PDF, ROAD, wav
from tests.fixtures.cast import REPORT, START, Town, reads

pytestmark = pytest.mark.embedded

ALL = ["zhang", "li", "wang", "h1", "h2", "c1", "i1", "l1", "a1"]


async def codes(console: Console, number: int, members: Sequence[str] = ALL) -> dict[str, int]:
    """What everybody is answered who asks for it."""
    return {
        member: (await (await console.visitor(member)).get(f"/media/{number}")).status_code
        for member in members
    }


async def got(console: Console, number: int, member: str = "c1") -> httpx.Response:
    return await (await console.visitor(member)).get(f"/media/{number}")


async def page(console: Console, path: str, member: str = "c1") -> str:
    answer = await (await console.visitor(member)).get(path)
    assert answer.status_code == 200
    return answer.text


def given(codes_: dict[str, int]) -> set[str]:
    """Those who are given it; all others are told that there is nothing."""
    assert set(codes_.values()) <= {200, 404}
    return {member for member, code in codes_.items() if code == 200}


# --- who ------------------------------------------------------------------------------------------


async def test_of_a_ticket_who_sees_the_ticket(console: Console, town: Town) -> None:
    await town.reports(id="first")
    for who in ("li", "wang"):  # both look into the group; wang is of zhang's enterprise, li is not
        await town.says(who, "早", "chitchat")
    (number,) = await sends(
        town, ("image", "灯.png", DUSK), intent="add_detail", quote="first", text="补一张"
    )
    async with town.database.transaction() as session:
        assert (await session.merge(await town.message("p1"))).ticket_no == 1
    assert given(await codes(console, number)) == set(ALL) - {"li"}


async def test_without_a_ticket_who_looks_into_the_group(console: Console, town: Town) -> None:
    await town.says("li", "早", "chitchat")
    (number,) = await sends(town, ("image", "灯.png", DUSK))
    assert given(await codes(console, number)) == set(ALL) - {"wang"}


async def test_nobody_who_is_not_signed_in(console: Console, town: Town) -> None:
    (number,) = await sends(town, ("image", "灯.png", DUSK))
    answer = await (await console.stranger()).get(f"/media/{number}")
    assert answer.headers["location"] == f"/signin?next=%2Fmedia%2F{number}"


async def test_what_may_be_misconduct_inspectors_alone(console: Console, town: Town) -> None:
    (number,) = await sends(
        town, ("image", "红包.png", DUSK), text="科长收了红包", intent="report_misconduct"
    )
    assert given(await codes(console, number)) == {"i1"}
    for member in ("c1", "a1", "zhang", "h1", "l1"):
        shown = await page(console, "/groups/g1", member)
        assert "/media/" not in shown
        assert "红包.png" not in shown
    assert f'<img src="/media/{number}"' in await page(console, "/groups/g1", "i1")


async def test_of_a_confidential_ticket_inspectors_alone_and_each_look_is_recorded(
    console: Console, town: Town
) -> None:
    no = await town.reports(id="first")
    (number,) = await sends(
        town, ("image", "红包.png", DUSK), intent="add_detail", quote="first", text="证据"
    )
    await make_confidential(town, no)
    assert given(await codes(console, number)) == {"i1"}
    looks = [event for event in await town.chain(no) if event.step == "look"]
    assert [event.by for event in looks] == ["i1"]
    answer = await got(console, number, "i1")
    assert answer.headers["cache-control"] == "no-store"
    assert "etag" not in answer.headers
    assert len([event for event in await town.chain(no) if event.step == "look"]) == 2


async def test_of_a_confidential_ticket_nothing_opens_by_itself(
    console: Console, town: Town
) -> None:
    no = await town.reports(id="first")
    picture, sound = await sends(
        town, ("image", "红包.png", DUSK), ("voice", None, wav()), intent="add_detail",
        quote="first", text="证据",
    )  # fmt: skip
    await make_confidential(town, no)
    for member in ("i1", "c1"):
        assert "/media/" not in await page(console, "/groups/g1", member)
    shown = await page(console, f"/tickets/{no}", "i1")
    assert "<img" not in shown
    assert "<audio" not in shown
    assert re.findall(r'href="/media/(\d+)"', shown) == [str(picture), str(sound)]
    assert shown.count("打开会留痕") == 2


async def test_what_was_taken_back_nobody(console: Console, town: Town) -> None:
    await town.reports(id="first")
    (number,) = await sends(
        town, ("image", "灯.png", DUSK), intent="add_detail", quote="first", text="发错了"
    )
    await town.recalls("p1")
    assert given(await codes(console, number)) == set()
    for path in ("/groups/g1", "/tickets/1"):
        shown = await page(console, path)
        assert "/media/" not in shown
        assert "灯.png" not in shown
        assert "[图片] 已撤回,不再显示" in shown


@pytest.mark.parametrize("found", [None, "平台上已经没有了。"])
async def test_what_is_not_here_can_not_be_given(
    console: Console, town: Town, found: str | None
) -> None:
    (number,) = await sends(town, ("image", "灯.png", found))
    assert given(await codes(console, number, ["c1", "i1"])) == set()


async def test_what_no_message_names_is_nobodys(console: Console, town: Town) -> None:
    await town.says("zhang", "早", "chitchat", id="bare")
    for id_ in ("none", "bare"):  # no such message; one without pictures
        async with town.database.transaction() as session:
            await media.keep(session, sha256="ab" * 32, type_="image/png", content=DUSK)
            await media.brought(
                session, group_id="g1", external_id=id_, place=0, channel="sandbox", kind="image",
                name="灯.png", sha256="ab" * 32, at=START,
            )  # fmt: skip
        (number,) = await numbers(town, id_)
        assert given(await codes(console, number, ["c1", "i1"])) == set()


async def test_by_whatever_channel_it_came_the_message_decides(
    console: Console, town: Town
) -> None:
    await town.reports(id="first")
    await town.says("li", "早", "chitchat")
    await sends(
        town, ("image", "灯.png", "没有取到。"), intent="add_detail", quote="first", text="补一张"
    )
    async with town.database.transaction() as session:
        await media.keep(session, sha256="ab" * 32, type_="image/png", content=DUSK)
        await media.brought(
            session, group_id="g1", external_id="twin", place=0, channel="webhook", kind="image",
            name="灯.png", sha256="ab" * 32, at=START,
        )  # fmt: skip
    twin = Incoming(
        kind="message", channel="webhook", people="sandbox", group="g1", id="twin", at=town.now,
        sender="zhang", name="张三", text="补一张", images=(Media("x"),),
    )  # fmt: skip
    assert not await town.hears(twin, reads("补一张", "add_detail"))
    (number,) = await numbers(town, "twin")
    assert given(await codes(console, number, ["zhang", "li", "c1"])) == {"zhang", "c1"}
    assert f'<img src="/media/{number}"' in await page(console, "/tickets/1")


@pytest.mark.parametrize(
    "number", ["0", "x", "-1", "1.0", "٣", "%00", str(2**31), str(2**63), "9" * 300, "1%2F2"]
)
async def test_what_is_no_number_is_nothing(shared: Console, number: str) -> None:
    answer = await (await shared.visitor("c1")).get(f"/media/{number}")
    assert answer.status_code == 404


# --- as what --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content", "type_", "way", "called"),
    [
        ("灯.png", DUSK, "image/png", "inline", "灯.png"),
        ("说.wav", wav(), "audio/wav", "inline", "说.wav"),
        ("说.amr", b"#!AMR\n\x3c\x91", "audio/amr", "attachment", "说.amr"),
        ("影.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0mp42", "video/mp4", "attachment", "影.mp4"),
        ("函.pdf", PDF, "application/pdf", "attachment", "函.pdf"),
        # whatever it says that it is
        ("页.html", "点一下".encode(), "text/plain", "attachment", "页.html.txt"),
        ("图.svg", DUSK, "image/png", "inline", "图.svg.png"),
        ('a"; filename="b.exe\r\nSet-Cookie: x=1', DUSK, "image/png", "inline",
         "a_; filename=_b.exe Set-Cookie_ x=1.png"),
        ("../../表.exe", PDF, "application/pdf", "attachment", "表.exe.pdf"),
        ("灯\u202egnp.exe", DUSK, "image/png", "inline", "灯gnp.exe.png"),
        (None, PDF, "application/pdf", "attachment", ""),
    ],
)  # fmt: skip
async def test_it_is_served_as_what_its_content_is(
    console: Console, town: Town, name: str | None, content: bytes, type_: str, way: str,
    called: str,
) -> None:  # fmt: skip
    (number,) = await sends(town, ("file", name, content))
    answer = await got(console, number)
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == type_
    said = answer.headers["content-disposition"]
    found = re.fullmatch(r"(\w+); filename=\"(\d+\.\w+)\"; filename\*=UTF-8''([\w.%~-]+)", said)
    assert found is not None, said
    assert found[1] == way
    assert unquote(found[3]) == (called or f"文件{number}.pdf")
    assert "set-cookie" not in answer.headers


async def test_nothing_in_it_runs_and_no_other_site_shows_it(console: Console, town: Town) -> None:
    (number,) = await sends(town, ("image", "灯.png", DUSK))
    headers = (await got(console, number)).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert headers["cross-origin-resource-policy"] == "same-origin"


async def test_a_browser_that_has_it_asks_whether_it_still_may_show_it(
    console: Console, town: Town
) -> None:
    (number,) = await sends(town, ("image", "灯.png", DUSK))
    browser = await console.visitor("c1")
    first = await browser.get(f"/media/{number}")
    tag = first.headers["etag"]
    assert tag == f'"{sha256(DUSK).hexdigest()}"'
    assert first.headers["cache-control"] == "private, no-cache"
    for asked, code in ((tag, 304), (f'W/{tag}, "x"', 304), ('"x"', 200), ("*", 200), ("", 200)):
        answer = await browser.get(f"/media/{number}", headers={"if-none-match": asked})
        assert answer.status_code == code, asked
        assert answer.content == (DUSK if code == 200 else b"")
    await town.recalls("p1")
    answer = await browser.get(f"/media/{number}", headers={"if-none-match": tag})
    assert answer.status_code == 404


@pytest.mark.parametrize(("member", "whole"), [("c1", True), ("l1", False)])
async def test_a_phone_number_in_a_name_is_masked_as_everywhere(
    console: Console, town: Town, member: str, whole: bool
) -> None:
    (number,) = await sends(town, ("file", "请打13812345678.pdf", PDF))
    shown = await page(console, "/groups/g1", member)
    said = unquote((await got(console, number, member)).headers["content-disposition"])
    for words in (shown, said):
        assert ("13812345678" in words) is whole
        assert ("138****5678" in words) is not whole


# --- on the pages ---------------------------------------------------------------------------------


async def test_pages_show_what_came_and_say_what_did_not(console: Console, town: Town) -> None:
    await town.reports(id="first")
    one, two, sound, file, *_ = await sends(
        town, ("image", "1.png", DUSK), ("image", "2.png", ROAD), ("voice", None, wav()),
        ("file", "函.pdf", PDF), ("image", None, None), ("file", "包.exe", "这种文件不保存。"),
        intent="add_detail", quote="first", text="补充",
    )  # fmt: skip
    for path in ("/groups/g1", "/groups/g1/feed", "/tickets/1"):
        shown = await page(console, path)
        assert re.findall(r'<img src="/media/(\d+)" alt="([^"]+)"', shown) == [
            (str(one), "图片1,张三 4月3日"), (str(two), "图片2,张三 4月3日"),
        ]  # fmt: skip
        assert re.findall(r'<audio [^>]*src="/media/(\d+)" aria-label="([^"]+)"', shown) == [
            (str(sound), "语音,张三 4月3日")
        ]
        assert f'<a href="/media/{file}" target="_blank" rel="noopener">函.pdf</a>' in shown
        assert "75 字节" in shown
        assert "[图片] 正在取回…" in shown
        assert "[文件] 包.exe 没有取到:这种文件不保存。" in shown
        assert "secret.example" not in shown


async def test_a_voice_says_that_its_words_are_the_platforms(console: Console, town: Town) -> None:
    await sends(town, ("voice", None, wav()), text="路灯不亮")
    await sends(town, ("voice", None, b"#!AMR\n\x3c\x91"), text="", id_="p2")
    shown = await page(console, "/groups/g1")
    assert shown.count("文字由平台转写") == 1
    assert shown.count("请下载后播放") == 1


async def test_who_does_not_see_the_ticket_is_told_so(console: Console, town: Town) -> None:
    await town.reports(id="first")
    await town.says("li", "早", "chitchat")
    await sends(town, ("image", "灯.png", DUSK), intent="add_detail", quote="first", text="补一张")
    shown = await page(console, "/groups/g1", "li")
    assert "补一张" in shown
    assert "[图片] 能看到这件工单的人才能看" in shown
    assert "/media/" not in shown
    assert "灯.png" not in shown


async def test_a_name_is_escaped(console: Console, town: Town) -> None:
    await sends(
        town, ("image", '"><script>x</script>.png', DUSK), ("file", "<b>.pdf", "<i>不行</i>")
    )
    await sends(town, ("image", "'\"><img src=x>", DUSK), id_="p2", text=REPORT)
    shown = await page(console, "/groups/g1")
    assert "<script>x" not in shown
    assert "<b>.pdf" not in shown
    assert "<i>不行" not in shown
    assert "<img src=x>" not in shown
