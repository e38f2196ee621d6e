"""One-time codes: the vectors of RFC 4226 and RFC 6238, and what is typed."""

import base64
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import numpy as np
import pytest
import zxingcpp
from numpy.typing import NDArray

from bot import totp

KEY = b"12345678901234567890"
SECRET = base64.b32encode(KEY).decode()
NOW = datetime(2023, 4, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("counter", "code"),
    [
        (0, "755224"), (1, "287082"), (2, "359152"), (3, "969429"), (4, "338314"), (5, "254676"),
        (6, "287922"), (7, "162583"), (8, "399871"), (9, "520489"),
    ],
)  # fmt: skip
def test_the_vectors_of_rfc_4226(counter: int, code: str) -> None:
    assert totp.code(KEY, counter) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"),
        (1234567890, "89005924"), (2000000000, "69279037"), (20000000000, "65353130"),
    ],
)  # fmt: skip
def test_the_vectors_of_rfc_6238(seconds: int, code: str) -> None:
    assert totp.code(KEY, seconds // totp.STEP, digits=8) == code
    at = datetime.fromtimestamp(seconds, UTC)
    assert totp.matches(code[2:], SECRET, at) == seconds // totp.STEP


@pytest.mark.parametrize(("late", "taken"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_be_wrong_by_one_step(late: int, taken: bool) -> None:
    step = int(NOW.timestamp()) // totp.STEP
    found = totp.matches(totp.code(KEY, step), SECRET, NOW + timedelta(seconds=late))
    assert found == (step if taken else None)


def test_a_code_may_be_typed_with_a_gap() -> None:
    code = totp.code(KEY, int(NOW.timestamp()) // totp.STEP)
    assert totp.matches(f" {code[:3]} {code[3:]} ", SECRET, NOW) is not None


@pytest.mark.parametrize(
    "typed",
    ["", "12345", "1234567", "１２３４５６", "\ud800", "x" * 9999],
    ids=["none", "short", "long", "wide", "half", "huge"],
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert totp.matches(typed, SECRET, NOW) is None


def test_a_secret_is_new_each_time_and_can_be_read() -> None:
    first, second = totp.secret(), totp.secret()
    assert first != second
    assert totp.valid(first)


@pytest.mark.parametrize("given", ["", "1", "非", "A" * 8, "a" * 32, "A" * 31, SECRET + SECRET])
def test_what_is_no_secret_is_none(given: str) -> None:
    assert not totp.valid(given)


def test_the_link_tells_an_authenticator_all_that_it_needs() -> None:
    link = urlsplit(totp.link(SECRET, "王/五"))
    assert (link.scheme, link.netloc) == ("otpauth", "totp")
    assert unquote(link.path) == f"/{totp.ISSUER}:王/五"
    assert parse_qs(link.query) == {"secret": [SECRET], "issuer": [totp.ISSUER]}


def test_a_camera_reads_the_link_from_its_picture() -> None:
    link = totp.link(SECRET, "王/五")
    (read,) = zxingcpp.read_barcodes(_seen(str(totp.picture(link))))
    assert (read.format, read.text) == (zxingcpp.BarcodeFormat.QRCode, link)


def _seen(picture: str) -> NDArray[np.uint8]:
    """The squares of a QR code as a camera sees them, each four points wide."""
    size = int(re.findall(r'viewBox="0 0 (\d+) \1"', picture)[0])
    (drawn,) = re.findall(r'stroke="#000" d="([^"]+)"', picture)
    squares = np.full((size, size), 255, np.uint8)
    across, down = 0, -0.5
    for moved, by, further, wide in re.findall(r"([Mm])(-?\d+) ?(-?[\d.]+)|h(\d+)", drawn):
        if moved == "M":
            across, down = int(by), float(further)
        elif moved:
            across, down = across + int(by), down + float(further)
        else:
            squares[int(down), across : across + int(wide)] = 0
            across += int(wide)
    return np.kron(squares, np.ones((4, 4), np.uint8))
