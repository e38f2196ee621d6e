"""系统: how the service does, and who came in."""

from fastapi import APIRouter

router = APIRouter()
