"""The one reader of the environment. Wrong values stop the start, with the name of the setting."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, HttpUrl, SecretStr, TypeAdapter
from pydantic_settings import BaseSettings, SettingsConfigDict


def _address(url: str) -> str:
    """The address as it is written, where it is one (ValueError)."""
    if url:
        _http.validate_python(url)
    return url


_http = TypeAdapter(HttpUrl)


class Settings(BaseSettings):
    """What an installation decides; every name can be set as an environment variable."""

    model_config = SettingsConfigDict(env_prefix="MINGCHENG_", populate_by_name=True)

    data: Path = Path("data")
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    log: Literal["console", "json"] = "console"

    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    redis_url: str = Field(default="", validation_alias="REDIS_URL")

    nlu: Literal["compiled", "rasa", "keywords"] = Field(default="compiled", validation_alias="NLU")
    rasa_url: str = Field(default="", validation_alias="RASA_URL")
    rasa_token: SecretStr = Field(default=SecretStr(""), validation_alias="RASA_TOKEN")
    rasa_config: str = Field(default="config.yml", validation_alias="RASA_CONFIG")

    webhook_secret: SecretStr = SecretStr("")
    webhook_url: Annotated[str, AfterValidator(_address)] = ""
