"""How well several problems in one message are told from one problem told at length.

    python -m bench.several

Reads nlu/dev/several.json (our own text) with the model that ships.
"""

import asyncio
import json
from pathlib import Path

from nlu.compiled import SHIPPED, Compiled
from nlu.several import Several

FILE = Path(__file__).parents[1] / "nlu" / "dev" / "several.json"


def main() -> None:
    """Print what was split, rightly and wrongly."""
    rows = json.loads(FILE.read_text("utf-8"))
    parser = Several(Compiled.load(SHIPPED))
    parses = asyncio.run(parser.parse([row["text"] for row in rows]))
    several = [
        len(parse.parts) for parse, row in zip(parses, rows, strict=True) if row["reports"] > 1
    ]
    one = [len(parse.parts) for parse, row in zip(parses, rows, strict=True) if row["reports"] <= 1]
    exact = sum(
        len(parse.parts) == row["reports"]
        for parse, row in zip(parses, rows, strict=True)
        if row["reports"] > 1
    )
    print(f"several problems: {sum(map(bool, several))} of {len(several)} split, {exact} exactly")
    print(f"one problem or none: {sum(map(bool, one))} of {len(one)} split wrongly")
    for parse, row in zip(parses, rows, strict=True):
        if parse.parts and row["reports"] <= 1:
            print("  wrongly:", row["text"].replace("\n", " ")[:70])


if __name__ == "__main__":
    main()
