"""Whatever is sent to a channel, by whomever: it is taken, or refused with a reason."""

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from subprocess import run

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import channels
from bot.channels.base import Channel, Request
from tests.bot.channels import hostile
from tests.bot.channels.hostile import ASKED, BLOCKS, DRESSED, NAMES, RIGHT, STAMP
from tests.fixtures.missing import missing

CHANNELS = sorted(channels.kinds())
DRESSES = sorted(DRESSED)
#: For how many seconds each channel is fuzzed.
SECONDS = 4

quick = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def made() -> Iterator[dict[str, Channel]]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in hostile.SET.items():
            patch.setenv(name, value)
        yield hostile.made()


def test_every_channel_that_takes_requests_is_tried_by_who_knows_its_secrets(
    made: dict[str, Channel],
) -> None:
    assert set(made) == set(CHANNELS)
    taking = {name for name, channel in made.items() if channel.callback}
    assert taking | {"sandbox"} == set(DRESSED) == set(RIGHT)


@pytest.mark.parametrize("name", DRESSES)
def test_what_is_right_is_taken(made: dict[str, Channel], name: str) -> None:
    for body in RIGHT[name]:
        assert hostile.met(made[name], DRESSED[name](body)) is not None, body


# --- who knows nothing --------------------------------------------------------------------------

ODD = st.text(max_size=40) | st.sampled_from(
    ["", STAMP, "-1", "9" * 400, "1e5", "NaN", "٣", "\ud800", "Bearer ", "sha1=", "é" * 300]
)
#: Bytes that parsers stumble over.
TRAPS = st.sampled_from(
    [
        b"", b"{", b"null", b"[]", b"[" * 50_000, b'{"a":' * 50_000, b"9" * 5000, b"1e999", b"NaN",
        b"\xff\xfe", b"\x00", b'{"encrypt": 7}', b'{"encrypt": "\\ud800"}', b'{"encrypt": "AAAA"}',
        b"<xml>", b"<xml/>", b"<a>" * 50_000, b"<xml><Encrypt><a/></Encrypt></xml>",
        b"<xml><Encrypt>AAAA</Encrypt><Encrypt>BBBB</Encrypt></xml>",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><xml><Encrypt>&b;</Encrypt></xml>',
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><Encrypt>&a;</Encrypt></xml>',
        "<xml><Encrypt>é</Encrypt></xml>".encode("utf-16"),
    ]
)  # fmt: skip
REQUESTS = st.builds(
    Request,
    headers=st.dictionaries(st.sampled_from(NAMES), ODD),
    query=st.dictionaries(st.sampled_from(ASKED), ODD),
    body=st.binary(max_size=300) | TRAPS,
)


@pytest.mark.parametrize("name", CHANNELS)
@given(request=REQUESTS)
@quick
def test_whoever_knows_nothing_is_refused(
    made: dict[str, Channel], name: str, request: Request
) -> None:
    assert hostile.met(made[name], request) is None
    assert hostile.asked(made[name], request) is None


# --- who knows the secrets ----------------------------------------------------------------------

ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | ODD
    | st.sampled_from([2**63, -(2**63), 10**400, "\x00", "g" * 5000, "[CQ:at,qq=all]", "a:b"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


@st.composite
def twisted(draw: st.DrawFn, name: str) -> bytes:
    """A right body, made wrong in one place."""
    body = draw(st.sampled_from(RIGHT[name]))
    if body.startswith(b"<") or draw(st.integers(0, 3)) == 0:
        return _cut(draw, body)
    whole = json.loads(body)
    place = whole
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = draw(st.sampled_from(keys))
        inner = place[key]
        if not (isinstance(inner, dict | list) and inner and draw(st.booleans())):
            break
        place = inner
    if draw(st.integers(0, 4)) == 0:
        del place[key]
    else:
        place[key] = draw(ANY)
    return json.dumps(whole).encode()


def _cut(draw: st.DrawFn, body: bytes) -> bytes:
    """Some bytes are replaced by others."""
    start = draw(st.integers(0, len(body)))
    end = draw(st.integers(start, min(len(body), start + 40)))
    return body[:start] + draw(st.binary(max_size=40) | TRAPS) + body[end:]


@pytest.mark.parametrize("name", DRESSES)
@given(data=st.data())
@quick
def test_whoever_knows_the_secrets_breaks_nothing(
    made: dict[str, Channel], name: str, data: st.DataObject
) -> None:
    body = data.draw(twisted(name) | TRAPS | st.binary(max_size=200))
    hostile.met(made[name], DRESSED[name](body))


@pytest.mark.parametrize("name", sorted(BLOCKS))
@given(plain=st.binary(max_size=200), size=st.integers(0, 2**32 - 1))
@quick
def test_whatever_is_sealed_is_opened_or_refused(
    made: dict[str, Channel], name: str, plain: bytes, size: int
) -> None:
    for body in (plain, b"r" * 16 + size.to_bytes(4, "big") + plain, hostile.filled(plain)):
        hostile.met(made[name], BLOCKS[name](body))
        hostile.asked(made[name], BLOCKS[name](body))


@pytest.mark.parametrize("name", sorted(BLOCKS))
@given(cipher=ODD | st.text(st.sampled_from("AB+/=\n é"), max_size=100))
@quick
def test_whatever_is_signed_is_opened_or_refused(
    made: dict[str, Channel], name: str, cipher: str
) -> None:
    try:
        request = hostile.sealed(cipher, xml=name != "wecom_bot")
    except UnicodeEncodeError:  # nobody can send it
        return
    hostile.met(made[name], request)
    hostile.asked(made[name], request)


# --- a fuzzer that looks where it gets ----------------------------------------------------------


def fuzzed(tmp_path: Path, *start: str) -> tuple[int, str]:
    """How the fuzzer ended, and the last of what it said."""
    try:
        importlib.import_module("atheris")
    except ImportError:
        missing("atheris is not there", "install the development dependencies")
    (corpus := tmp_path / "corpus").mkdir()
    limits = (f"-max_total_time={SECONDS}", "-rss_limit_mb=4096", "-timeout=10")
    command = [sys.executable, *start, str(corpus), f"-artifact_prefix={tmp_path}/", *limits]
    done = run(command, capture_output=True, text=True, errors="replace", timeout=300, check=False)
    return done.returncode, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.mark.processes
@pytest.mark.parametrize("name", DRESSES)
def test_a_fuzzer_finds_nothing(name: str, tmp_path: Path) -> None:
    status, said = fuzzed(tmp_path, "-m", "tests.bot.channels.fuzz", name)
    assert status == 0, said
    runs = int(said.rsplit("Done ", 1)[1].split()[0])
    assert runs > 500, said


#: What no seed leads to: a notice that is neither taken back nor one that changes nothing.
PLANTED = """
import sys
from tests.bot.channels import fuzz
from bot.channels.onebot import events
events.IDLE = None
fuzz.main("onebot", *sys.argv[1:])
"""


@pytest.mark.processes
def test_a_fuzzer_would_find_a_fault(tmp_path: Path) -> None:
    status, said = fuzzed(tmp_path, "-c", PLANTED)
    assert status != 0
    assert "TypeError" in said
