"""One's own account: password, one-time codes, browsers."""

from fastapi import APIRouter

router = APIRouter()
