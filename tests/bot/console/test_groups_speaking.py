"""What is sent from the group window: who may speak, with what, take back, invent people."""

import hashlib
import json
import re
from typing import Any

import httpx
import pytest

from bot.console import pictures
from bot.streams import partition
from storage import people
from tests.bot.console.conftest import MASKED, PHONE, Console, seal
from tests.fixtures.cast import REPORT, Town

pytestmark = pytest.mark.embedded


async def says(browser: httpx.AsyncClient, text: str = REPORT, **more: str) -> httpx.Response:
    """Fill in the form of g1 and send it."""
    said = {"seal": await seal(browser), "speaker": "zhang", "text": text, **more}
    return await browser.post("/groups/g1/messages", data=said)


async def sent(console: Console) -> list[dict[str, Any]]:
    """What lies in the stream of g1."""
    entries = await console.app.streams.fresh([partition("g1")], 10, 1)
    return [json.loads(entry.payload) for entry in entries]


async def test_what_is_said_here_lies_in_the_stream(console: Console) -> None:
    answer = await says(await console.visitor("a1"), id="once")
    assert (answer.status_code, answer.headers["location"]) == (303, "/groups/g1#end")
    (entry,) = await console.app.streams.fresh([partition("g1")], 10, 1)
    for part in ('"id": "once"', '"sender": "zhang"', REPORT, "立方新能源-张三"):
        assert part in entry.payload


async def test_what_is_said_here_is_answered_here(console: Console) -> None:
    browser = await console.visitor("a1")
    await says(browser)
    assert await console.app.worker().step() == 1
    page = (await browser.get("/groups/g1")).text
    assert "已受理 #1(道路交通),承办:天元区城管局" in page
    assert 'href="/tickets/1"' in page


@pytest.mark.parametrize("speaker", ["nobody", "", "visitor"])
async def test_nobody_speaks_in_the_name_of_who_is_not_here(console: Console, speaker: str) -> None:
    answer = await says(await console.visitor("a1"), speaker=speaker)
    assert answer.status_code in {400, 403}
    assert await console.app.streams.lag() == 0


@pytest.mark.parametrize("text", ["", " \n ", "　"])
async def test_nothing_is_nothing(console: Console, text: str) -> None:
    answer = await says(await console.visitor("a1"), text)
    assert answer.status_code == 303
    assert await console.app.streams.lag() == 0


@pytest.mark.parametrize("member", ["zhang", "h1", "i1", "l1"])
async def test_who_tries_nothing_out_only_looks(console: Console, town: Town, member: str) -> None:
    await town.says("zhang", "早上好", "chitchat")
    browser = await console.visitor(member)
    assert 'id="say"' not in (await browser.get("/groups/g1")).text
    assert (await says(browser)).status_code == 403
    assert await console.app.streams.lag() == 0


@pytest.mark.parametrize("member", ["a1", "c1"])
async def test_admins_and_coordinators_may_speak(console: Console, member: str) -> None:
    browser = await console.visitor(member)
    assert 'id="say"' in (await browser.get("/groups/g1")).text
    assert (await says(browser)).status_code == 303


async def test_in_a_group_of_a_platform_nobody_speaks_from_here(console: Console) -> None:
    browser = await console.visitor("a1")
    assert 'id="say"' not in (await browser.get("/groups/bridge")).text
    said = {"seal": await seal(browser), "speaker": "visitor", "text": "在吗"}
    assert (await browser.post("/groups/bridge/messages", data=said)).status_code == 403


# --- pictures, mentions, quotes -------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


async def shows(
    browser: httpx.AsyncClient, content: bytes, name: str = "灯.png", text: str = ""
) -> httpx.Response:
    return await browser.post(
        "/groups/g1/messages",
        data={"seal": await seal(browser), "speaker": "zhang", "text": text},
        files={"picture": (name, content, "image/png")},
    )


async def test_a_picture_is_named_by_its_content_and_kept(console: Console) -> None:
    browser = await console.visitor("a1")
    assert (await shows(browser, PNG, "../../灯<b>.png")).status_code == 303
    digest = hashlib.sha256(PNG).hexdigest()
    (said,) = await sent(console)
    shown = [(image["id"], image["name"]) for image in said["images"]]
    assert shown == [(f"sha256:{digest}", "灯<b>.png")]
    await console.app.worker().step()
    page = (await browser.get("/groups/g1")).text
    found = re.search(r'<img src="(/media/\d+)" alt="图片,张三 [^"]+" title="灯_b_.png"', page)
    assert found is not None
    assert (await browser.get(found[1])).content == PNG


async def test_who_sends_an_id_again_changes_no_picture(console: Console) -> None:
    browser = await console.visitor("a1")
    for content in (PNG, b"GIF89a"):
        said = {"seal": await seal(browser), "speaker": "zhang", "text": "", "id": "once"}
        files = {"picture": ("灯.png", content, "image/png")}
        await browser.post("/groups/g1/messages", data=said, files=files)
    await console.app.worker().step()
    (number,) = re.findall(r'<img src="(/media/\d+)"', (await browser.get("/groups/g1")).text)
    assert (await browser.get(number)).content == PNG


@pytest.mark.parametrize(
    "content",
    [b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x00\x00\x00\x00WEBPVP8 ", PNG],
)
async def test_pictures_are_known_by_how_they_begin(console: Console, content: bytes) -> None:
    assert (await shows(await console.visitor("a1"), content)).status_code == 303
    assert len(await sent(console)) == 1


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<svg onload=alert(1)>", "这不是图片"), (b"MZ\x90", "这不是图片"), (b"", "这不是图片"),
        (PNG + b"\0" * pictures.LARGEST, "图片太大"),
    ],
)  # fmt: skip
async def test_what_is_no_picture_is_refused_and_the_words_are_kept(
    console: Console, content: bytes, why: str
) -> None:
    answer = await shows(await console.visitor("a1"), content, text="看图<script>")
    assert answer.status_code == 400
    assert why in answer.text
    assert ">看图&lt;script&gt;</textarea>" in answer.text
    assert await console.app.streams.lag() == 0


async def test_a_form_that_is_far_too_large_is_not_read(console: Console) -> None:
    answer = await shows(await console.visitor("a1"), b"\0" * (pictures.LARGEST + (2 << 20)))
    assert answer.status_code == 413
    assert await console.app.streams.lag() == 0


async def test_no_picture_chosen_is_no_picture(console: Console) -> None:
    browser = await console.visitor("a1")
    form = {"seal": await seal(browser), "speaker": "zhang", "text": "早"}
    lines = [f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
             for k, v in form.items()]  # fmt: skip
    lines.append(
        '--x\r\nContent-Disposition: form-data; name="picture"; filename=""\r\n'
        "Content-Type: application/octet-stream\r\n\r\n\r\n--x--\r\n"
    )
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = await browser.post(
        "/groups/g1/messages", content="".join(lines).encode(), headers=headers
    )
    assert answer.status_code == 303
    (said,) = await sent(console)
    assert (said["text"], said["images"]) == ("早", [])


async def test_the_bot_is_called_with_a_tick(console: Console) -> None:
    browser = await console.visitor("c1")
    await says(browser, "本周情况", mention="1")
    await says(browser, "@名城助手 本周情况", mention="1")
    one, two = await sent(console)
    assert one["text"] == two["text"] == "@名城助手 本周情况"
    assert one["mentions_bot"]


async def test_what_is_to_be_quoted_stands_in_the_form_also_without_script(
    console: Console, town: Town
) -> None:
    await town.says("zhang", f"路灯还是不亮,{PHONE}", "chitchat", id="first")
    browser = await console.visitor("a1")
    page = (await browser.get("/groups/g1?quote=first")).text
    assert 'id="quote" value="first"' in page
    assert f"引用:路灯还是不亮,{MASKED}" in page
    assert 'id="quote" value=""' in (await browser.get("/groups/g1?quote=none")).text
    await says(browser, "催一下", quote="first")
    assert [said["quote"] for said in await sent(console)] == ["first"]


# --- taking back, and new people ------------------------------------------------------------------


async def recalls(browser: httpx.AsyncClient, message: str, speaker: str) -> int:
    said = {"seal": await seal(browser), "message": message, "speaker": speaker}
    return (await browser.post("/groups/g1/recalls", data=said)).status_code


async def test_one_takes_back_ones_own_words(console: Console, town: Town) -> None:
    await town.says("zhang", "发错了", "chitchat", id="mistake")
    browser = await console.visitor("c1")
    assert await recalls(browser, "mistake", "li") == 403
    assert await recalls(browser, "none", "zhang") == 404
    assert await recalls(browser, "mistake", "zhang") == 303
    await console.app.worker().step()
    assert (await town.message("mistake")).recalled_at is not None
    assert "已撤回" in (await browser.get("/groups/g1")).text


@pytest.mark.parametrize("member", ["zhang", "h1", "i1", "l1"])
async def test_others_take_nothing_back_and_invent_nobody(
    console: Console, town: Town, member: str
) -> None:
    await town.says("zhang", "早", "chitchat", id="said")
    browser = await console.visitor(member)
    assert await recalls(browser, "said", "zhang") == 403
    said = {"seal": await seal(browser), "name": "湘江机械-周敏"}
    assert (await browser.post("/groups/g1/people", data=said)).status_code == 403
    assert await console.app.streams.lag() == 0


async def invents(browser: httpx.AsyncClient, name: str) -> httpx.Response:
    said = {"seal": await seal(browser), "name": name}
    return await browser.post("/groups/g1/people", data=said)


async def test_an_invented_person_is_a_member_and_speaks_next(console: Console, town: Town) -> None:
    browser = await console.visitor("c1")
    assert (await invents(browser, " 湘江机械-周敏 ")).status_code == 303
    assert (await invents(browser, "湘江机械-周敏")).status_code == 303
    page = (await browser.get("/groups/g1")).text
    (found,) = re.findall(r'<option value="([^"]+)" selected>湘江机械-周敏\(企业成员\)', page)
    async with town.database.transaction() as session:
        member = await people.find(session, "sandbox", found)
        assert member is not None
        assert (member.role, member.unit_id) == ("member", None)
    assert page.count("湘江机械-周敏") == 1
    await says(browser, speaker=found)
    assert [said["name"] for said in await sent(console)] == ["湘江机械-周敏"]


@pytest.mark.parametrize(
    "name",
    ["周敏", "-周敏", "湘江机械-", "长" * 61, "\x00", "甲-" + "x" * 300, "天元区城管局-李科"],
)
async def test_a_name_that_is_none_or_a_staff_members_is_refused(
    console: Console, name: str
) -> None:
    answer = await invents(await console.visitor("a1"), name)
    assert answer.status_code == 400
    assert "selected>天元区城管局-李科" not in answer.text


async def test_nobody_is_invented_in_a_group_of_a_platform(console: Console) -> None:
    browser = await console.visitor("a1")
    said = {"seal": await seal(browser), "name": "湘江机械-周敏"}
    assert (await browser.post("/groups/bridge/people", data=said)).status_code == 403
