"""Of what nobody knows one sees how it is made, and nothing of what it says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.outline import MOST, outline

SECRET = "s3cretKEY0123456789abcdef"


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        ('{"msgtype": "location", "from": {"userid": "zhang"}, "lat": 27.8, "ok": true, "x": null}',
         '{msgtype: location, from: {userid: "…5"}, lat: 0, ok: true, x: null}'),
        ('{"msg_item": [{"msgtype": "vote"}, {}]}', "{msg_item: [{msgtype: vote}] × 2}"),
        ('{"cmd": "aibot_event", "text": ""}', '{cmd: aibot_event, text: ""}'),
        ('{"event_key": "confirm 12"}', '{event_key: "…10"}'),
        ('{"张三 说": 1}', '{"…4": 0}'),
        ("[]", "[] × 0"),
        ("<xml><MsgType><![CDATA[event]]></MsgType><Event>open</Event><Key>k1</Key></xml>",
         "xml MsgType=event Event=open Key"),
        ("有人收红包", '"…5"'),
        ("", '""'),
    ],
)  # fmt: skip
def test_what_it_is_made_of(payload: str, shown: str) -> None:
    assert outline(payload) == shown


@pytest.mark.parametrize("field", ["aeskey", "response_url", "token", "key", "text", "msgtype"])
def test_no_secret_and_no_word_is_shown(field: str) -> None:
    for value in (SECRET, f"https://example.com/?k={SECRET}", "科长收了红包", "<script>"):
        assert value not in outline(json.dumps({"message": {field: value}}, ensure_ascii=False))
        assert value not in outline(f"<xml><{field}>{value}</{field}></xml>")


def test_however_deep_it_is_cut() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = {"a": deep}
    assert len(outline(json.dumps(deep))) < MOST
    assert len(outline(json.dumps({f"a{n}": 1 for n in range(1000)}))) <= MOST
    assert len(outline("[" * 100_000)) <= MOST
    assert len(outline("<a>" * 100_000)) <= MOST


@given(st.text() | st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
).map(json.dumps))  # fmt: skip
def test_whatever_it_is(payload: str) -> None:
    assert len(outline(payload)) <= MOST
