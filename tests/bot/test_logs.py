"""No secret and no phone number stands in a log."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import structlog

from bot import logs

Log = Callable[[Literal["console", "json"]], Any]


def hidden(**event: Any) -> dict[str, Any]:
    return dict(logs.hide(None, "info", event))


@pytest.fixture
def log() -> Iterator[Log]:
    """A logger that writes to the standard error of the test."""
    before = structlog.get_config()

    def made(form: Literal["console", "json"]) -> Any:
        logs.configure(form)
        return structlog.get_logger().bind()

    yield made
    structlog.configure(**before)


@pytest.mark.parametrize(
    "field",
    [
        "password", "webhook_secret", "rasa_token", "api_key", "Cookie", "Authorization",
        "X-Mingcheng-Signature",
    ],
)  # fmt: skip
def test_a_field_of_a_secret_name_is_hidden(field: str) -> None:
    assert hidden(**{field: "s3cret"}) == {field: "***"}


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("电话13812345678", "电话138****5678"),
        ("0731-28881234", "0731-28***234"),
        ("post 20230403123456789", "post 20230403123456789"),
        ("redis://:pw@host:1/0", "redis://:***@host:1/0"),
        ("postgresql+psycopg://u:p%40w@/db", "postgresql+psycopg://u:***@/db"),
        ("at http://127.0.0.1:5005/model/parse", "at http://127.0.0.1:5005/model/parse"),
        ("for url 'http://h:5/status?token=s3cret'", "for url 'http://h:5/status?token=***'"),
        ("http://h/?a=1&secret=s3cret&b=2", "http://h/?a=1&secret=***&b=2"),
        (
            "https://h/aibot/response?response_code=s3cret",
            "https://h/aibot/response?response_code=***",
        ),
        ("工单 #12", "工单 #12"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(words: str, shown: str) -> None:
    assert hidden(error=words) == {"error": shown}


@pytest.mark.parametrize(
    "value",
    [
        {"sender": {"phone": "13812345678"}},
        ["13812345678", ("13812345678",)],
        {"13812345678"},
        {"13812345678": 1},
        b"13812345678",
        ValueError("13812345678"),
        Path("/tmp/13812345678"),
        {"headers": {"Authorization": "13812345678"}},
        13812345678,
    ],
)
def test_it_is_hidden_however_deep_it_lies(value: Any) -> None:
    assert "13812345678" not in str(hidden(value=value))


@pytest.mark.parametrize("value", [None, True, 7, 1.5, [1, None], {"a": 1}])
def test_what_is_harmless_stays_as_it_is(value: Any) -> None:
    assert hidden(value=value) == {"value": value}


@pytest.mark.parametrize("form", ["console", "json"])
def test_an_exception_s_text_is_hidden_too(
    log: Log, capsys: pytest.CaptureFixture[str], form: Literal["console", "json"]
) -> None:
    try:
        raise RuntimeError("13812345678 at redis://:s3cret@host")
    except RuntimeError:
        log(form).exception("message failed")
    printed = capsys.readouterr().err
    assert "RuntimeError: 138****5678 at redis://:***@host" in printed
    assert "Traceback" in printed


def test_for_machines_a_line_is_json(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log("json").warning("post not sent", post=7, why="通道不通")
    (line,) = capsys.readouterr().err.splitlines()
    event = json.loads(line)
    assert {**event, "timestamp": ""} == {
        "event": "post not sent", "level": "warning", "post": 7, "why": "通道不通",
        "timestamp": "",
    }  # fmt: skip


def test_details_are_not_logged(log: Log, capsys: pytest.CaptureFixture[str]) -> None:
    log("json").debug("a detail")
    assert capsys.readouterr().err == ""
