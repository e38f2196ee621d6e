"""Addresses outside that we are told to call: which ones we do, and where they really lead."""

import asyncio
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: What runs us would tell its secrets to whoever can make us ask there; nobody's hook is there.
NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "169.254.0.0/16", "100.100.100.200/32", "192.0.0.192/32", "224.0.0.0/4",
        "240.0.0.0/4", "::/128", "fe80::/10", "fd00:ec2::/32", "ff00::/8", "fec0::/10",
        # another address stands in these, whichever the network makes of it
        "64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "2001::/32",
    )
)  # fmt: skip
LONGEST = 500


class Unfit(Exception):
    """An address that we don't call; the message is a code, one of `names: unfit`."""


@dataclass(frozen=True, slots=True)
class Place:
    """An address that may be called, as far as can be told without asking anybody."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What the Host header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"https": 443, "http": 80}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"

    def at(self, address: Address) -> str:
        """The same with the address in the place of the name: nobody is asked for it again."""
        host = f"[{address}]" if address.version == 6 else str(address)
        return f"{self.scheme}://{host}:{self.port}{self.path}"


def read(url: str, *, inside: bool, longest: int = LONGEST) -> Place:
    """An address as somebody wrote it; Unfit for one that is never called.

    With `inside` machines of the own network may be meant, and without encryption.
    """
    if (
        len(url) > longest
        or not url.isascii()
        or any(char <= " " or char == "\x7f" for char in url)
    ):
        raise Unfit("written")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Unfit("written") from error
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise Unfit("written")
    if parts.username is not None or parts.fragment or "\\" in url or port == 0:
        raise Unfit("written")
    if parts.scheme == "http" and not inside:
        raise Unfit("plain")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = Place(
        parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80), path
    )
    if (address := _literal(place.host)) is not None:
        check(address, plain=parts.scheme == "http", inside=inside)
    return place


def check(address: Address, *, plain: bool, inside: bool) -> None:
    """Raise Unfit for an address of a machine that is not called."""
    real = (
        (address.ipv4_mapped or address.sixtofour or address) if address.version == 6 else address
    )
    if any(real in network for network in NEVER if network.version == real.version):
        raise Unfit("inside")
    if not real.is_global and not inside:
        raise Unfit("inside")
    if plain and real.is_global:
        raise Unfit("plain")


async def resolve(place: Place, *, inside: bool) -> list[Address]:
    """Where a place really is, one address at least; Unfit where any is not to be called."""
    found = _literal(place.host)
    if found is not None:
        addresses = [found]
    else:
        try:
            rows = await asyncio.get_running_loop().getaddrinfo(
                place.host, place.port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError) as error:
            raise Unfit("unknown_host") from error
        addresses = [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows]
    for address in addresses:
        check(address, plain=place.scheme == "http", inside=inside)
    return addresses


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
