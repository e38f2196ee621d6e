"""Other systems that are connected: keys and hooks."""

from fastapi import APIRouter

router = APIRouter()
