"""待审: messages that people must judge."""

from fastapi import APIRouter

router = APIRouter()
