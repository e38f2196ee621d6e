"""`python -m bot` is the program `mingcheng`."""

from bot.cli import main

main()
