"""Who asks: a system with a key. What it may is in the key's scopes."""

import re
from dataclasses import dataclass
from datetime import datetime

from fastapi import Request
from fastapi.security import HTTPBearer

from bot.api.problems import Fault
from bot.app import App
from bot.streams import Streams
from storage import keys
from storage.models import Key

#: What a key may be let in to; the Chinese is for the console.
SCOPES = {
    "tickets:read": "读工单", "events:read": "读办理过程", "figures:read": "读统计数字",
    "groups:read": "读群和单位", "tickets:write": "登记诉求", "phones:read": "电话号码不打码",
}  # fmt: skip
#: Requests of one key in one minute.
MOST = 600
SHOWN = re.compile(r"Bearer +(mc[0-9]{1,10}_[A-Za-z0-9_-]{43})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Caller:
    """A request by a system whose key was found good."""

    app: App
    key: Key
    now: datetime

    @property
    def phones(self) -> bool:
        """Whether it reads phone numbers whole."""
        return "phones:read" in self.key.scopes


class Needs(HTTPBearer):
    """Lets in who has a key with this scope: `Annotated[Caller, Depends(Needs("events:read"))]`."""

    def __init__(self, scope: str) -> None:
        """A name of SCOPES."""
        super().__init__(
            scheme_name="key", auto_error=False,
            description="`Authorization: Bearer <key>`. An administrator makes keys on the "
            "console, each with the scopes that it needs: " + ", ".join(SCOPES) + ".",
        )  # fmt: skip
        if scope not in SCOPES:
            raise ValueError(f"there is no scope {scope}")
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        """Refuse with 401 who has no key, 403 whose key is for something else, 429 who hurries."""
        app: App = request.app.state.app
        now = app.now()
        shown = SHOWN.fullmatch(request.headers.get("authorization", ""))
        key = None
        if shown is not None:
            async with app.database.transaction() as session:
                key = await keys.find(session, shown[1])
                if key is not None:
                    await keys.used(session, key, now)
        if key is None:
            raise Fault(
                401, "Send a key that is in use, as: Authorization: Bearer <key>",
                headers={"WWW-Authenticate": "Bearer"},
            )  # fmt: skip
        await _counted(app.streams, key, now)
        if self.scope not in key.scopes:
            raise Fault(403, f"This needs a key with the scope {self.scope}")
        return Caller(app, key, now)


async def _counted(streams: Streams, key: Key, now: datetime) -> None:
    """Refuse what is more than MOST in a minute of the clock."""
    minute, second = divmod(int(now.timestamp()), 60)
    counter = f"mingcheng:asked:{key.id}:{minute}"
    with streams.reached():
        async with streams.client.pipeline(transaction=True) as pipe:
            pipe.incr(counter)
            pipe.expire(counter, 120)
            many, _ = await pipe.execute()
    if many > MOST:
        raise Fault(
            429, f"At most {MOST} requests a minute; please wait",
            headers={"Retry-After": str(60 - second)},
        )  # fmt: skip
