"""Parts of a voice or a file: phones play only what they can ask for piece by piece."""

import pytest

from tests.bot.console.conftest import Console
from tests.bot.console.media_sent import sends
from tests.demo_media import wav
from tests.fixtures.cast import Town

pytestmark = pytest.mark.embedded

VOICE = wav()
SIZE = len(VOICE)
#: What is asked for, and the first and last byte that are given.
PARTS = (
    ("bytes=0-1", 0, 1), ("bytes=0-", 0, SIZE - 1), ("bytes=5-9", 5, 9),
    ("bytes=-4", SIZE - 4, SIZE - 1), (f"bytes=-{SIZE * 2}", 0, SIZE - 1),
    (f"bytes={SIZE - 1}-{SIZE * 9}", SIZE - 1, SIZE - 1),
)  # fmt: skip
#: What lies behind the end.
BEHIND = f"bytes={SIZE}-", "bytes=-0"
#: What is no question for one part: all is given.
OTHER = (
    "bytes=9-5", "bytes=0-1,4-5", "bytes=-", "lines=0-1", "bytes=0x1-2", f"bytes={'9' * 400}-",
)  # fmt: skip


async def test_a_phone_is_given_the_part_that_it_asks_for(console: Console, town: Town) -> None:
    (voice,) = await sends(town, ("voice", None, VOICE))
    visitor = await console.visitor("c1")
    for asked, first, last in PARTS:
        answer = await visitor.get(f"/media/{voice}", headers={"Range": asked})
        assert (answer.status_code, answer.content) == (206, VOICE[first : last + 1]), asked
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
        assert answer.headers["Content-Length"] == str(last - first + 1)
        assert answer.headers["Content-Type"] == "audio/wav"


async def test_behind_the_end_there_is_nothing(console: Console, town: Town) -> None:
    (voice,) = await sends(town, ("voice", None, VOICE))
    visitor = await console.visitor("c1")
    for asked in BEHIND:
        answer = await visitor.get(f"/media/{voice}", headers={"Range": asked})
        assert (answer.status_code, answer.content) == (416, b""), asked
        assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


async def test_who_asks_otherwise_is_given_all(console: Console, town: Town) -> None:
    (voice,) = await sends(town, ("voice", None, VOICE))
    visitor = await console.visitor("c1")
    for asked in OTHER:
        answer = await visitor.get(f"/media/{voice}", headers={"Range": asked})
        assert (answer.status_code, answer.content) == (200, VOICE), asked
        assert answer.headers["Accept-Ranges"] == "bytes"


async def test_a_part_of_what_has_changed_is_not_given(console: Console, town: Town) -> None:
    (voice,) = await sends(town, ("voice", None, VOICE))
    visitor = await console.visitor("c1")
    tag = (await visitor.get(f"/media/{voice}")).headers["ETag"]
    for known, code in ((tag, 206), ('"another"', 200)):
        answer = await visitor.get(
            f"/media/{voice}", headers={"Range": "bytes=0-1", "If-Range": known}
        )
        assert answer.status_code == code
