"""客户群: groups with people who use ordinary WeChat; an officer must tap for what is sent there.

Nothing that is said there can be read this way. The numbers of documents are those of
developer.work.weixin.qq.com/document/path/.
"""

from bot.channels.base import Shared
from bot.channels.wecom_customer_group.customer_group import NAME, CustomerGroup
from bot.channels.wecom_customer_group.sheet import Sheet
from bot.settings import Settings


def channel(settings: Settings, shared: Shared) -> CustomerGroup:
    """The customer groups as they are set."""
    return CustomerGroup(settings, Sheet.of(NAME), shared)
