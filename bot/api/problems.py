"""What went wrong, as application/problem+json (RFC 9457) with a code that a program can read."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.exc import InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from bot.streams import Away

log = structlog.get_logger()

TYPE = "application/problem+json"
#: All that anything here may be asked.
METHODS = ("GET", "POST")
#: The code of an answer that nobody gave a better one.
CODES = {
    400: "malformed", 401: "unknown_key", 403: "scope_missing", 404: "not_found",
    405: "method_not_allowed", 409: "conflict", 413: "too_large", 415: "not_json",
    422: "invalid", 429: "too_many_requests", 500: "failed", 503: "away",
}  # fmt: skip
MEANS = {
    401: "No key, or one that is unknown or has ended.",
    403: "The key has not the scope that this needs.",
    404: "There is no such thing, or none that is told outside.",
    405: "The address does not know this method.",
    409: "The same key was used for another report before.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "A parameter or a field is missing, unknown, or of a wrong form.",
    429: "Too many requests in this minute; Retry-After says when to come again.",
    503: "Not available for a moment; the same request may be sent again.",
}


class Problem(BaseModel):
    """What went wrong."""

    type: str = Field(
        default="about:blank", description="Always about:blank: the code says what it is."
    )
    status: int = Field(description="The HTTP status.", examples=[422])
    code: str = Field(description="What went wrong, for a program.", examples=["invalid"])
    detail: str = Field(
        description="The same as a sentence: what is wrong, and what would be right.",
        examples=["limit: Input should be less than or equal to 200"],
    )


class Fault(Exception):
    """A request can't be answered as it is."""

    def __init__(
        self, status: int, detail: str, *, code: str = "", headers: dict[str, str] | None = None
    ) -> None:
        """With this HTTP status, and a sentence that says what would be right."""
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers
        self.code = code or CODES[status]


def told(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers of these statuses, for the description; what every request may meet, too."""
    return {
        status: {
            "description": MEANS[status],
            "content": {TYPE: {"schema": Problem.model_json_schema(), "example": _example(status)}},
        }
        for status in sorted({401, 403, 422, 429, 503, *statuses})
    }


def _example(status: int) -> dict[str, Any]:
    problem = Problem(status=status, code=CODES[status], detail=MEANS[status])
    return problem.model_dump()


def answer(fault: Fault) -> Response:
    """A fault, as it is told."""
    # what came from outside stands in the sentence: half a character would break the answer
    detail = fault.detail.encode("utf-8", "replace").decode()
    problem = Problem(status=fault.status, code=fault.code, detail=detail)
    return JSONResponse(problem.model_dump(), fault.status, fault.headers, media_type=TYPE)


def add(api: FastAPI) -> None:
    """Answer each kind of failure so."""

    @api.exception_handler(Fault)
    async def fault(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Fault)  # noqa: S101  # it is registered so
        return answer(error)

    @api.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  # it is registered so
        return answer(Fault(422, sentence(error.errors())))

    @api.exception_handler(HTTPException)
    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  # it is registered so
        code = CODES.get(error.status_code, "malformed")
        headers = dict(error.headers or {})
        if error.status_code == 405:  # of the first route that fits the framework knows alone
            headers["Allow"] = ", ".join(_methods(request))
        return answer(Fault(error.status_code, error.detail, code=code, headers=headers))

    @api.exception_handler(Away)
    @api.exception_handler(OperationalError)
    @api.exception_handler(InterfaceError)
    async def away(_request: Request, error: Exception) -> Response:
        log.warning("api away", error=type(error).__name__)
        return answer(Fault(503, MEANS[503], headers={"Retry-After": "5"}))

    @api.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        log.error("api failed", path=request.url.path, error=f"{type(error).__name__}: {error}")
        return answer(Fault(500, "This is our fault and was noted; please try again later."))


def _methods(request: Request) -> list[str]:
    """What may be asked of this address."""
    return [
        method
        for method in METHODS
        for route in request.app.routes
        if route.matches({**request.scope, "method": method})[0] == Match.FULL
    ]


def sentence(errors: Any) -> str:
    """What pydantic found wrong, three things at most, each with its place."""
    found = []
    for error in list(errors)[:3]:
        where = ".".join(str(part) for part in error["loc"] if part not in ("query", "path"))
        found.append(f"{where or 'body'}: {error['msg']}")
    return "; ".join(found)
