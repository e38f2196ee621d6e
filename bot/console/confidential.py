"""保密: the inspectors' room."""

from fastapi import APIRouter

router = APIRouter()
