"""The environment, read in one place; what is wrong there stops the start by its name."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.settings import Settings


def test_without_an_environment_the_defaults_hold() -> None:
    found = Settings()
    assert (found.host, found.port, found.nlu) == ("127.0.0.1", 8000, "compiled")
    assert (found.webhook_secret.get_secret_value(), found.webhook_url) == ("", "")


@pytest.mark.parametrize(
    ("name", "value", "field", "read"),
    [
        ("MINGCHENG_DATA", "/srv/x", "data", Path("/srv/x")),
        ("MINGCHENG_PORT", "0", "port", 0),
        ("MINGCHENG_LOG", "json", "log", "json"),
        ("DATABASE_URL", "postgresql+psycopg:///x", "database_url", "postgresql+psycopg:///x"),
        ("REDIS_URL", "redis://x", "redis_url", "redis://x"),
        ("NLU", "keywords", "nlu", "keywords"),
        ("MINGCHENG_WEBHOOK_URL", "https://a.example/in", "webhook_url", "https://a.example/in"),
        ("MINGCHENG_WEBHOOK_URL", "", "webhook_url", ""),
        ("MINGCHENG_PUBLIC_URL", "https://a.example/", "public_url", "https://a.example"),
        ("MINGCHENG_INSECURE", "1", "insecure", True),
        ("MINGCHENG_OIDC_ISSUER", "https://a.example/", "oidc_issuer", "https://a.example/"),
        ("MINGCHENG_WECOM_CORP_ID", "ww1", "wecom_corp_id", "ww1"),
    ],
)
def test_every_name_can_be_set(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, read: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(Settings(), field) == read


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MINGCHENG_PORT", "65536"),
        ("MINGCHENG_PORT", "-1"),
        ("MINGCHENG_PORT", "http"),
        ("MINGCHENG_LOG", "xml"),
        ("NLU", "magic"),
        ("MINGCHENG_WEBHOOK_URL", "bridge"),
        ("MINGCHENG_WEBHOOK_URL", "ftp://bridge/"),
        ("MINGCHENG_WEBHOOK_URL", "http://["),
        ("MINGCHENG_WEBHOOK_URL", "http://a:b/"),
        ("MINGCHENG_PUBLIC_URL", "jiandu.example"),
        ("MINGCHENG_OIDC_ISSUER", "keycloak"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as refused:
        Settings()
    (fault,) = refused.value.errors()
    assert str(fault["loc"][0]) in {name, name.removeprefix("MINGCHENG_").lower()}


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINGCHENG_WEBHOOK_SECRET", "s3cret")
    monkeypatch.setenv("RASA_TOKEN", "t0ken")
    shown = repr(Settings())
    assert "s3cret" not in shown
    assert "t0ken" not in shown


@pytest.mark.parametrize(
    ("host", "public", "plain", "secure"),
    [
        ("127.0.0.1", "", False, False),
        ("localhost", "", False, False),
        ("::1", "", False, False),
        ("127.0.0.1", "https://a.example", False, True),
        ("127.0.0.1", "http://127.0.0.1:8000", False, False),
        ("0.0.0.0", "", True, False),
        ("10.0.0.1", "", True, False),
        ("", "", True, False),
        ("::", "http://127.0.0.1:8000", True, False),
        ("0.0.0.0", "https://a.example", False, True),
        ("0.0.0.0", "http://a.example", True, False),
        ("127.0.0.1", "http://a.example", True, False),
    ],
)
def test_others_are_reached_in_the_clear_or_not(
    host: str, public: str, plain: bool, secure: bool
) -> None:
    found = Settings(host=host, public_url=public)
    assert (found.plain, found.secure) == (plain, secure)
