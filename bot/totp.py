"""One-time codes of an authenticator: RFC 6238, six digits that change every 30 seconds."""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

import segno
from markupsafe import Markup

STEP = 30
DIGITS = 6
#: Clocks go wrong: codes of so many steps before and after are taken, too.
AROUND = 1
#: Bytes of a secret: as long as SHA-1's output, RFC 4226.
LENGTH = 20
ISSUER = "制造名城监督"


def secret() -> str:
    """A new secret, in Base32."""
    return base64.b32encode(secrets.token_bytes(LENGTH)).decode()


def valid(given: str) -> bool:
    """Whether this is a secret as `secret` makes them."""
    try:
        return len(base64.b32decode(given)) == LENGTH
    except (binascii.Error, ValueError):
        return False


def code(key: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a step, RFC 4226."""
    digest = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matches(given: str, of: str, now: datetime) -> int | None:
    """The step whose code of the secret `of` was given, or None."""
    key, here = base64.b32decode(of), int(now.timestamp()) // STEP
    typed = "".join(given.split()).encode("utf-8", "replace")
    for step in range(here - AROUND, here + AROUND + 1):
        if hmac.compare_digest(code(key, step).encode(), typed):
            return step
    return None


def link(of: str, login: str) -> str:
    """What an authenticator opens to take the secret."""
    query = urlencode({"secret": of, "issuer": ISSUER}, quote_via=quote)
    return f"otpauth://totp/{quote(ISSUER)}:{quote(login, safe='')}?{query}"


def picture(address: str) -> Markup:
    """An address as a QR code, for the camera of an authenticator: SVG, black on white."""
    drawn = segno.make_qr(address, error="l")
    title = "密钥的二维码"
    return Markup(drawn.svg_inline(light="#fff", svgclass="qr", title=title, omitsize=True))  # noqa: S704  # drawn of squares: no text of it is in there
