"""Our own parts of the Rasa pipeline."""

import sys
from pathlib import Path

# nlu/text.py stands in the project's root, which Rasa, started in this folder, does not look into.
# At the end of the path: nothing there takes the place of a package of Rasa's.
_root = str(Path(__file__).resolve().parents[3])
if _root not in sys.path:
    sys.path.append(_root)
