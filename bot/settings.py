"""The one reader of the environment. Wrong values stop the start, with the name of the setting."""

import ipaddress
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, TypeAdapter, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict


def _address(url: str) -> str:
    """The address as it is written, where it is one (ValueError)."""
    if url:
        _http.validate_python(url)
    return url


def _site(url: str) -> str:
    """An address to which paths are added."""
    return _address(url).rstrip("/")


_http = TypeAdapter(HttpUrl)


class Settings(BaseSettings):
    """What an installation decides; every name can be set as an environment variable."""

    model_config = SettingsConfigDict(env_prefix="MINGCHENG_", populate_by_name=True)

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    log: Literal["console", "json"] = "console"
    #: How people reach the pages, where that is not `http://host:port`.
    public_url: Annotated[str, AfterValidator(_site)] = ""
    #: Others may reach the pages without encryption; the pages say so.
    insecure: bool = False
    #: Whose X-Forwarded-* are believed; nobody's where there is no public address.
    proxies: str = "127.0.0.1,::1"

    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    redis_url: str = Field(default="", validation_alias="REDIS_URL")

    nlu: Literal["compiled", "rasa", "keywords"] = Field(default="compiled", validation_alias="NLU")
    rasa_url: str = Field(default="", validation_alias="RASA_URL")
    rasa_token: SecretStr = Field(default=SecretStr(""), validation_alias="RASA_TOKEN")
    rasa_config: str = Field(default="config.yml", validation_alias="RASA_CONFIG")

    webhook_secret: SecretStr = SecretStr("")
    webhook_url: Annotated[str, AfterValidator(_address)] = ""
    #: Hooks may be in the own network (loopback, 10.…, 192.168.…), also without encryption.
    hooks_inside: bool = False

    #: Sign-in at an OpenID Connect provider; offered where its address is set.
    oidc_issuer: Annotated[str, AfterValidator(_address)] = ""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_name: str = "统一身份认证"
    #: Sign-in with 企业微信; offered where the corp id is set.
    wecom_corp_id: str = ""
    wecom_agent_id: str = ""
    wecom_secret: SecretStr = SecretStr("")
    wecom_api: Annotated[str, AfterValidator(_site)] = "https://qyapi.weixin.qq.com"

    @property
    def secure(self) -> bool:
        """Whether the pages are reached by https: their cookies go no other way then."""
        return self.public_url.startswith("https://")

    @property
    def plain(self) -> bool:
        """Whether others than this machine reach the pages, and without encryption."""
        named = urlsplit(self.public_url).hostname
        outside = not _loopback(self.host) or (named is not None and not _loopback(named))
        return outside and not self.secure


class Wrong(ValueError):
    """A setting of a channel can't be used; the message names it and says why."""


class Section(BaseSettings):
    """What an installation decides about one channel: a model a channel, beside its code.

    Each name can be set as an environment variable, after MINGCHENG_ and the channel's name.
    """

    model_config = SettingsConfigDict(extra="ignore")

    @classmethod
    def of(cls, channel: str) -> Self:
        """As it is set for this channel (Wrong)."""
        prefix = f"MINGCHENG_{channel.upper()}_"
        try:
            return cls(_env_prefix=prefix)  # type: ignore[call-arg]  # read by pydantic-settings
        except ValidationError as error:
            fault = error.errors(include_url=False, include_input=False)[0]
            field = f"{prefix}{fault['loc'][0]}".upper() if fault["loc"] else prefix
            raise Wrong(f"设置 {field} 不对:{fault['msg']}") from error


def _loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
