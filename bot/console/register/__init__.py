"""群与人: groups, people, units, routes, policies, calendar, knowledge base."""

from fastapi import APIRouter

router = APIRouter(prefix="/register")
