"""What the channels of 企业微信 share: its sealed callbacks, and its API.

The numbers of documents are those of developer.work.weixin.qq.com/document/path/.
"""

from bot.channels.wecom.api import Api, Files, Line, Params, turn
from bot.channels.wecom.envelope import AesKey, Envelope, Token
from bot.channels.wecom.faults import BUSY, ENDED, OFTEN, PAUSE, fault

__all__ = [
    "BUSY", "ENDED", "OFTEN", "PAUSE", "AesKey", "Api", "Envelope", "Files", "Line", "Params",
    "Token", "fault", "turn",
]  # fmt: skip
