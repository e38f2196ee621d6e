"""The administrator's commands, a group of them a module; `bot.cli` puts them together."""
