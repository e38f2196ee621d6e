"""`python -m bot` is the program `mingcheng`."""

import sys

if sys.argv[1:3] == ["nlu", "serve"]:
    from bot.commands import serving

    serving.main(sys.argv[3:])
else:
    from bot import cli

    cli.main()
