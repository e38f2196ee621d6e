"""`nlu serve`. A machine that only reads loads nothing else: see `bot.__main__`."""

import ipaddress
from typing import Annotated

import typer

from bot import nlu_server
from bot.commands.talk import Data, Failed, fail, run, say, settings
from bot.embedded.process import Died
from nlu.compiled import Unfit

Port = Annotated[int, typer.Option(help="端口", min=0, max=65535)]


def serve(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Port = 5005,
    data: Data = None,
) -> None:
    """把识别开成一个 HTTP 服务,接口与 Rasa 相同(RASA_URL),供多台机器共用。"""
    found = settings(data=data)
    if not found.rasa_token.get_secret_value() and not _loopback(host):
        raise Failed(f"监听 {host} 时别的机器也能访问,请先设置 RASA_TOKEN")
    run(nlu_server.serve(found, host, port, say))


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def main(arguments: list[str]) -> None:
    """Run it alone, as `bot.cli.main` runs it among all."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command()(serve)
    try:
        alone(arguments, prog_name="mingcheng nlu serve")
    except (Failed, Died, Unfit) as error:
        fail(error)
