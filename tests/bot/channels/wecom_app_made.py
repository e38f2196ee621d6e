"""企业微信应用 as tests set it up: what its callbacks are sealed with, and one that only hears."""

from bot.channels.wecom import Envelope
from bot.channels.wecom_app import WecomApp
from tests.bot.channels.fakes.wecom_api import CORP

TOKEN, KEY = "MadeUpToken0123", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
ENVELOPE = Envelope(TOKEN, KEY, CORP)
SITE = "https://mingcheng.example"
DEAF = WecomApp(None, 0, ENVELOPE, SITE)
