"""企业微信应用: what its callbacks bring.

The platform is our own reading of its documents: tests/bot/channels/fakes/wecom_api.py.
"""

import json
import time
from collections.abc import AsyncIterator, Sequence

import httpx
import pytest
import pytest_asyncio
import xmltodict
from hypothesis import example, given
from hypothesis import strategies as st
from sqlmodel import col, select

from bot import web
from bot.app import App
from bot.channels.base import Received, Rejected, Request
from bot.channels.wecom import Envelope
from bot.channels.wecom_app.callback import KINDLY
from bot.settings import Settings
from nlu.keywords import Keywords
from storage.models import Unplaced
from tests.bot.channels.fakes.wecom_api import AGENT, CORP
from tests.bot.channels.wecom_app_made import DEAF, ENVELOPE, KEY, TOKEN
from tests.fixtures.cast import START


def xml(**fields: str) -> str:
    inside = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{inside}</xml>"


COMMON = {"ToUserName": CORP, "FromUserName": "li.si", "CreateTime": "1680483600"}
TEXT = xml(**COMMON, MsgType="text", Content="路灯坏了", MsgId="4561255354251345929", AgentID="2")
CHANGED = xml(
    ToUserName=CORP, FromUserName="sys", CreateTime="1680483600", MsgType="event",
    Event="change_external_chat", ChatId="wrAAA", ChangeType="update",
    UpdateDetail="add_member", LastMemVer="v1", CurMemVer="v2",
)  # fmt: skip
NOTIFIED = xml(**COMMON, MsgType="event", Event="msgaudit_notify", AgentID="2000004")


def asked(sealed: str, at: int, envelope: Envelope = ENVELOPE) -> dict[str, str]:
    signature = envelope.signature(str(at), "n0nce", sealed)
    return {"msg_signature": signature, "timestamp": str(at), "nonce": "n0nce"}


def delivered(text: str, *, envelope: Envelope = ENVELOPE, as_json: bool = False) -> Request:
    """A callback as the platform makes it."""
    sealed = str(envelope.sealed(text, "n0nce", START)["encrypt"])
    body = xml(ToUserName=CORP, AgentID=str(AGENT), Encrypt=sealed)
    if as_json:
        body = json.dumps({"tousername": CORP, "encrypt": sealed, "agentid": AGENT})
    query = asked(sealed, int(START.timestamp()), envelope)
    return Request(headers={}, query=query, body=body.encode())


def received(text: str, *, as_json: bool = False) -> Received:
    return DEAF.receive(delivered(text, as_json=as_json), START)


# --- whether the address is ours --------------------------------------------------------------


def test_who_asks_for_the_address_gets_what_was_sealed_and_nothing_else() -> None:
    sealed = str(ENVELOPE.sealed("4561255354251345929", "n0nce", START)["encrypt"])
    query = {**asked(sealed, int(START.timestamp())), "echostr": sealed}
    answer = DEAF.verify(Request(headers={}, query=query, body=b""), START)
    assert (answer.body, answer.status) == (b"4561255354251345929", 200)


@pytest.mark.parametrize(
    ("other", "status"),
    [({"echostr": ""}, 400), ({"nonce": "x"}, 401), ({"msg_signature": "0" * 40}, 401)],
)
def test_who_asks_wrongly_gets_nothing(other: dict[str, str], status: int) -> None:
    sealed = str(ENVELOPE.sealed("45", "n0nce", START)["encrypt"])
    query = {**asked(sealed, int(START.timestamp())), "echostr": sealed, **other}
    with pytest.raises(Rejected) as rejected:
        DEAF.verify(Request(headers={}, query=query, body=b""), START)
    assert rejected.value.status == status


# --- what comes -------------------------------------------------------------------------------


@pytest.mark.parametrize("as_json", [False, True])
def test_a_change_of_a_customer_group_is_a_hint(as_json: bool) -> None:
    came = received(CHANGED, as_json=as_json)
    (hint,) = came.hints
    assert (hint.name, hint.about["ChatId"], hint.about["ChangeType"]) == (
        "change_external_chat", "wrAAA", "update",
    )  # fmt: skip
    assert (hint.about["LastMemVer"], hint.about["CurMemVer"]) == ("v1", "v2")
    assert (list(came.messages), list(came.raw)) == ([], [])
    assert came.answer is not None
    assert (came.answer.status, came.answer.body) == (200, b"")


def test_members_that_changed_come_with_the_hint() -> None:
    inside = "<MemChangeList><Item>wmA</Item><Item>wmB</Item></MemChangeList></xml>"
    (hint,) = received(CHANGED.replace("</xml>", inside)).hints
    assert json.loads(json.dumps(dict(hint.about)))["MemChangeList"] == {"Item": ["wmA", "wmB"]}


def test_something_new_in_the_archive_is_a_hint() -> None:
    (hint,) = received(NOTIFIED).hints
    assert hint.name == "msgaudit_notify"


def test_what_a_member_writes_is_kept_and_answered_kindly() -> None:
    came = received(TEXT)
    (raw,) = came.raw
    assert (raw.address, raw.id) == ("", "4561255354251345929")
    assert json.loads(raw.payload)["Content"] == "路灯坏了"
    assert list(came.messages) == []
    assert came.answer is not None
    assert came.answer.type.startswith("text/xml")
    envelope = xmltodict.parse(came.answer.body)["xml"]
    query = {
        "msg_signature": envelope["MsgSignature"], "timestamp": envelope["TimeStamp"],
        "nonce": envelope["Nonce"],
    }  # fmt: skip
    said = xmltodict.parse(ENVELOPE.opened(query, envelope["Encrypt"], START))["xml"]
    assert said == {
        "ToUserName": "li.si", "FromUserName": CORP, "CreateTime": "1680483600",
        "MsgType": "text", "Content": KINDLY,
    }  # fmt: skip


@pytest.mark.parametrize("sender", ["]]></x>", "<x>", "a&b", ""])
def test_nothing_that_somebody_wrote_stands_in_the_answer(sender: str) -> None:
    escaped = sender.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = f"<xml><FromUserName>{escaped}</FromUserName><MsgType>text</MsgType></xml>"
    answer = received(text).answer
    assert answer is not None
    envelope = xmltodict.parse(answer.body)["xml"]
    assert ENVELOPE.signature(
        envelope["TimeStamp"], "n0nce", envelope["Encrypt"]
    ) == envelope["MsgSignature"]  # fmt: skip


@pytest.mark.parametrize("kind", ["image", "voice", "video", "location", "link", "something_new"])
def test_a_message_of_any_kind_is_kept_and_answered(kind: str) -> None:
    came = received(xml(**COMMON, MsgType=kind, MsgId="7", MediaId="m"))
    assert [json.loads(raw.payload)["MsgType"] for raw in came.raw] == [kind]
    assert came.answer is not None
    assert came.answer.body


@pytest.mark.parametrize(
    "event", ["subscribe", "template_card_event", "kf_msg_or_event", "something_new"]
)
def test_an_event_that_nobody_looks_after_is_kept(event: str) -> None:
    came = received(xml(**COMMON, MsgType="event", Event=event, TaskId="t1"))
    (raw,) = came.raw
    assert raw.id == f"li.si:1680483600:{event}:::t1"
    assert came.answer is not None
    assert came.answer.body == b""


@pytest.mark.parametrize("event", ["enter_agent", "LOCATION"])
def test_who_opened_the_app_and_where_they_are_is_not_kept(event: str) -> None:
    came = received(xml(**COMMON, MsgType="event", Event=event, Latitude="27.8"))
    assert (list(came.raw), list(came.hints)) == ([], [])


def test_two_events_of_one_second_are_two() -> None:
    one, other = (
        received(xml(**COMMON, MsgType="event", Event="template_card_event", TaskId=task))
        for task in ("t1", "t2")
    )
    assert one.raw[0].id != other.raw[0].id


# --- what is malformed ------------------------------------------------------------------------

BILLION = (
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><xml><MsgType>&b;</MsgType></xml>'
)
BAD: Sequence[str] = [
    "", "x", "<xml>", "<xml/>", "<xml></xml>", "<a/>", "{}", "<xml><MsgType/></xml>",
    "<xml><MsgType><a/></MsgType></xml>",
    "<xml><MsgType>event</MsgType></xml>", "<xml><MsgType>event</MsgType><Event/></xml>",
    "<xml><MsgType>a</MsgType><MsgType>b</MsgType></xml>",
    BILLION, "<xml>" + "<a>" * 50_000 + "</a>" * 50_000 + "<MsgType>text</MsgType></xml>",
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><xml><MsgType>&a;</MsgType></xml>',
    "\0", "<xml><MsgType>\0</MsgType></xml>",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_is_sealed_and_makes_no_sense_is_malformed(text: str) -> None:
    with pytest.raises(Rejected) as rejected:
        received(text)
    assert rejected.value.status == 400


def status(request: Request) -> int:
    try:
        DEAF.receive(request, START)
    except Rejected as rejected:
        return rejected.status
    return 200


BODIES = [
    b"", b"x", b"<xml>", b"<xml/>", b"<xml><Encrypt/></xml>", b"<xml><Encrypt><a/></Encrypt></xml>",
    b"<xml><Encrypt>a</Encrypt><Encrypt>b</Encrypt></xml>", b"{", b"{}", b'{"encrypt":1}',
    b'{"encrypt":null}', b"[]", b"\xff\xfe", b"{" * 100_000, b'{"a":' * 100_000,
    b"<a>" * 100_000, BILLION.encode(),
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES)
def test_what_is_no_envelope_is_malformed(body: bytes) -> None:
    assert status(Request(headers={}, query=delivered(TEXT).query, body=body)) == 400


@pytest.mark.parametrize("wrong", [Envelope("other", KEY, CORP)])
def test_what_somebody_else_signed_is_not_taken(wrong: Envelope) -> None:
    assert status(delivered(TEXT, envelope=wrong)) == 401


def test_what_is_for_another_corporation_is_not_taken() -> None:
    assert status(delivered(TEXT, envelope=Envelope(TOKEN, KEY, "ww0000000000000000"))) == 400


@given(st.binary(), st.dictionaries(st.text(), st.text()))
@example(b'{"encrypt":"\\udc80"}', {"msg_signature": "a", "timestamp": "1", "nonce": "n"})
def test_whatever_is_sent_is_refused(body: bytes, query: dict[str, str]) -> None:
    assert status(Request(headers={}, query=query, body=body)) in {400, 401}


VALUES = st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
NAMES = st.sampled_from(["MsgType", "Event", "MsgId", "FromUserName", "ChatId", "CreateTime", "x"])


@given(st.text() | st.dictionaries(NAMES, VALUES.filter(lambda v: "]]>" not in v)).map(
    lambda fields: xml(**fields)))  # fmt: skip
def test_whatever_is_sealed_is_taken_or_refused(text: str) -> None:
    assert status(delivered(text.encode("utf-8", "ignore").decode())) in {200, 400}


# --- at its address ---------------------------------------------------------------------------


@pytest_asyncio.fixture
async def app(
    database_url: str, redis_url: str, keywords: Keywords, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[App]:
    monkeypatch.setenv("MINGCHENG_WECOM_APP_TOKEN", TOKEN)
    monkeypatch.setenv("MINGCHENG_WECOM_APP_AES_KEY", KEY)
    settings = Settings(
        database_url=database_url, redis_url=redis_url, nlu="keywords", wecom_corp_id=CORP
    )
    app = App(settings, keywords)
    yield app
    await app.close()


@pytest_asyncio.fixture
async def http(app: App) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=web.create(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://mingcheng") as opened:
        yield opened


async def calls(http: httpx.AsyncClient, text: str) -> httpx.Response:
    sealed = str(ENVELOPE.sealed(text, "n0nce", START)["encrypt"])
    query = asked(sealed, int(time.time()))
    body = xml(ToUserName=CORP, Encrypt=sealed).encode()
    return await http.post("/in/wecom_app", params=query, content=body)


@pytest.mark.embedded
async def test_the_address_answers_as_the_platform_wants(http: httpx.AsyncClient) -> None:
    sealed = str(ENVELOPE.sealed("echo+/=", "n0nce", START)["encrypt"])
    query = {**asked(sealed, int(time.time())), "echostr": sealed}
    answer = await http.get("/in/wecom_app", params=query)
    assert (answer.status_code, answer.content) == (200, b"echo+/=")
    assert (await http.get("/in/wecom_app")).status_code == 400
    event = await calls(http, CHANGED)
    assert (event.status_code, event.content) == (200, b"")
    said = await calls(http, TEXT)
    assert (said.status_code, said.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert (await calls(http, "<xml/>")).status_code == 400


@pytest.mark.embedded
async def test_what_is_delivered_again_is_kept_once(http: httpx.AsyncClient, app: App) -> None:
    other = TEXT.replace("4561255354251345929", "4561255354251345930")
    for text in (TEXT, TEXT, other, TEXT):
        assert (await calls(http, text)).status_code == 200
    async with app.database.transaction() as session:
        rows = (await session.exec(select(Unplaced).order_by(col(Unplaced.id)))).all()
    assert [(row.channel, row.why) for row in rows] == [("wecom_app", "kind")] * 2


@pytest.mark.embedded
async def test_without_its_settings_there_is_no_such_address(
    database_url: str, redis_url: str, keywords: Keywords
) -> None:
    app = App(Settings(database_url=database_url, redis_url=redis_url, nlu="keywords"), keywords)
    transport = httpx.ASGITransport(app=web.create(app))
    async with httpx.AsyncClient(transport=transport, base_url="http://mingcheng") as http:
        assert (await http.get("/in/wecom_app")).status_code == 404
        assert (await calls(http, TEXT)).status_code == 404
    await app.close()
