"""看板: the figures of a period, and the lists behind them."""

from fastapi import APIRouter

router = APIRouter()
