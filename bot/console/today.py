"""今日: what waits for whoever is signed in."""

from fastapi import APIRouter

router = APIRouter()
