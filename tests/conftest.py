"""Fixtures of all tests: servers, the cast, Rasa, the program, the browser …, a file each."""

pytest_plugins = [
    "tests.fixtures.servers",
    "tests.fixtures.cast",
    "tests.fixtures.rasa",
    "tests.fixtures.program",
    "tests.fixtures.browser",
    "tests.fixtures.town",
    "tests.bot.console.provider",
]
