"""`mingcheng up`: what it promises when processes die, start again, or are asked to end."""

import asyncio
import re
import signal
import time
from pathlib import Path

import httpx
import psutil
import pytest

from bot.embedded.folders import Folders
from tests.acceptance.conftest import (
    UP,
    House,
    address,
    once_each,
    password,
    run,
    signs_in,
    talk,
    until,
)
from tests.fixtures.program import Program

pytestmark = pytest.mark.processes


def of_house(data: Path) -> list[str]:
    """The command lines of all processes that work on a data folder."""
    folders = Folders.at(data)
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or [])
        if str(folders.data) in line or str(folders.sockets) in line:
            found.append(line)
    return found


async def test_a_signed_message_becomes_a_ticket(up: House) -> None:
    sent = talk(2, "first")
    await up.bridge.insists(*sent)
    await once_each(up.database_url, sent)


async def test_an_unsigned_message_becomes_nothing(up: House) -> None:
    async with httpx.AsyncClient(base_url=address(up.program)) as client:
        answer = await client.post("/in/webhook", json=talk(1, "unsigned")[0])
    assert answer.status_code == 401


async def test_killed_in_the_middle_of_many_messages_it_handles_each_once(up: House) -> None:
    sent, bridge = talk(500, "killed"), up.bridge
    sending = asyncio.create_task(bridge.sends(*sent))

    async def half() -> bool:
        return len(bridge.accepted) >= 250

    await until(half)
    up.program.dies()
    await sending
    assert len(bridge.accepted) < 500
    up.opens()
    again = up.bridge  # it knows of none: what was accepted before is sent a second time
    await again.insists(*sent)
    await once_each(up.database_url, sent)


def test_a_new_start_adopts_the_servers_that_still_run(up: House) -> None:
    before = {name: process.pid for name, process in up.program.children().items()}
    assert set(before) == {"postgres", "valkey"}
    up.program.dies()
    up.opens()
    after = {name: process.pid for name, process in up.program.children().items()}
    assert after == before


@pytest.mark.parametrize("server", ["postgres", "valkey"])
async def test_a_server_that_dies_is_started_again_and_nothing_is_lost(
    up: House, server: str
) -> None:
    sent, bridge = talk(100, server), up.bridge
    await bridge.insists(*sent[:80])
    killed = up.program.children()[server]
    killed.kill()
    await bridge.insists(*sent[80:])
    await once_each(up.database_url, sent)
    await until(up.healthy)
    assert up.program.children()[server].pid != killed.pid
    assert "正在重新启动" in up.program.printed()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_end_it_ends_all_that_it_started(up: House, how: signal.Signals) -> None:
    assert up.program.children()
    up.program.signals(how)
    assert up.program.ends() == 0
    assert of_house(up.program.data) == []
    assert "Traceback" not in up.program.printed()


async def test_asked_to_end_it_does_not_wait_for_open_pages(up: House) -> None:
    async with httpx.AsyncClient(base_url=up.opens(), timeout=30) as client:
        made = run("account", "add", "page", "a1", "--data", str(up.program.data))
        await signs_in(client, "page", password(made))
        async with client.stream("GET", "/live?group=g1") as live:
            assert live.status_code == 200
            begun = time.monotonic()
            up.program.signals(signal.SIGINT)
            assert await asyncio.to_thread(up.program.ends) == 0
            assert time.monotonic() - begun < 15
    assert "ERROR" not in up.program.printed()  # the page is let go, not cut off


async def test_what_was_accepted_before_the_end_is_handled_after_it(up: House) -> None:
    sent = talk(100, "ended")
    await up.bridge.insists(*sent)
    assert up.program.stops() == 0
    up.opens()
    await once_each(up.database_url, sent)


def test_a_second_start_is_there_within_seconds(up: House) -> None:
    up.program.stops()
    begun = time.monotonic()
    up.opens()
    assert time.monotonic() - begun < 15
    assert "首次登录" not in up.program.printed()


def test_a_second_program_on_the_same_data_is_told_who_holds_it(up: House) -> None:
    assert up.program.process is not None
    second = run(*UP, "--data", str(up.program.data), NLU="keywords")
    assert second.returncode == 1
    assert f"进程 {up.program.process.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_port_that_is_taken_is_a_sentence_and_a_failure(up: House, program: Program) -> None:
    port = address(up.program).rsplit(":", 1)[1]
    program.start("up", "--port", port)
    assert program.ends() == 1
    assert f"端口 {port} 打不开" in program.printed()
    assert "Traceback" not in program.printed()
    assert program.children() == {}


async def test_the_first_start_tells_a_password_that_opens_the_console(program: Program) -> None:
    program.start(*UP)
    async with httpx.AsyncClient(base_url=address(program)) as client:
        told = re.search(r"用户名 (\S+),密码 (\S+)", program.printed())
        assert told is not None
        await signs_in(client, told[1], told[2])
        assert "制造名城" in (await client.get("/groups")).text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--host", "0.0.0.0"), "--public-url"),
        (("--host", "0.0.0.0", "--public-url", "http://jiandu.example"), "--insecure"),
        (("--public-url", "http://jiandu.example"), "--insecure"),
    ],
)
def test_others_are_served_only_as_somebody_decided(
    program: Program, arguments: tuple[str, ...], sentence: str
) -> None:
    program.start(*UP, *arguments)
    assert program.ends() == 1
    assert sentence in program.printed()
    assert "Traceback" not in program.printed()
    assert program.children() == {}
