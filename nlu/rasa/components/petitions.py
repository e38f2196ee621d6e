"""How well what learns our categories learns those of real petitions; a program of its own.

`python -m components.petitions DIR`, in this project's folder and interpreter: learns the `train`
rows of DIR/petitions.csv (title and body joined), reads the `test` rows, and prints JSON.
"""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Dict, List, Text, Tuple

from nlu.linear import Linear
from nlu.text import fold
from sklearn.metrics import accuracy_score, f1_score

from components import fitting

#: How many texts are read together.
BATCH = 64


def main() -> None:
    """Learn, read, print."""
    rows = _rows(Path(sys.argv[1]) / "petitions.csv")
    texts, labels = _split(rows, "train")
    model = fitting.fit(texts, labels, fitting.DEFAULTS)
    asked, right = _split(rows, "test")
    said = _read(model, asked)
    figures = {
        "learnt": len(texts),
        "read": len(asked),
        "accuracy": accuracy_score(right, said),
        "macro_f1": f1_score(right, said, average="macro"),
    }
    print(json.dumps(figures))


def _rows(path: Path) -> List[Dict[Text, Text]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _split(rows: List[Dict[Text, Text]], split: Text) -> Tuple[List[Text], List[Text]]:
    own = [row for row in rows if row["split"] == split]
    return [fold(row["title"] + row["body"]) for row in own], [row["label"] for row in own]


def _read(model: Linear, texts: List[Text]) -> List[Text]:
    found: List[Text] = []
    for first in range(0, len(texts), BATCH):
        shares = model.shares(texts[first : first + BATCH])
        found += [model.labels[best] for best in shares.argmax(axis=1)]
    return found


if __name__ == "__main__":
    main()
