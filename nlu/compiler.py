"""From the archive that `rasa train` made to a `nlu.compiled.Compiled`."""

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.compiled import BROKEN, About, Compiled, Unfit
from nlu.crf import Crf
from nlu.decision import Decider

#: The components that are known here, and the options that change nothing once it is trained.
KNOWN: Mapping[str, frozenset[str]] = {
    "rasa.graph_components.converters.nlu_message_converter.NLUMessageConverter": frozenset(),
    # what begins with a slash is never sent: see nlu.text.readable
    "rasa.nlu.classifiers.regex_message_handler.RegexMessageHandler": frozenset(),
    "components.tokenizer.Characters": frozenset(),
    "components.classifier.MessageClassifier": frozenset(
        {"C", "longest", "rare", "known", "smooth", "folds", "leaning", "every", "random_seed"}
    ),
    "components.entities.EntityExtractor": frozenset(
        {"c1", "c2", "iterations", "other_names", "every", "random_seed"}
    ),
    "components.spans.Spans": frozenset(),
}
CLASSIFIER = "components.classifier.MessageClassifier"
ENTITIES = "components.entities.EntityExtractor"
#: In this order, for a later one reads what an earlier one said.
NEEDED = ("components.tokenizer.Characters", CLASSIFIER, ENTITIES, "components.spans.Spans")


def compile_(archive: Path, fingerprint: str) -> Compiled:
    """The model of an archive; `fingerprint` is that of what it was trained with.

    Unfit, with its name, for a component or an option that would be read otherwise here.
    """
    try:
        with tarfile.open(archive) as file:
            files = [member for member in file.getmembers() if member.isfile()]
            members = {member.name: _content(file, member) for member in files}
        metadata = json.loads(members["metadata.json"])
        nodes = metadata["predict_schema"]["nodes"]
        _check(nodes)
        arrays = dict(_trained(members, nodes))
        return Compiled(
            Decider.of(arrays[CLASSIFIER]), Crf.of(arrays[ENTITIES]),
            About(fingerprint, str(metadata["rasa_open_source_version"])),
        )  # fmt: skip
    except (tarfile.TarError, AttributeError, *BROKEN) as error:
        raise Unfit(f"{archive} 不是 Rasa 的模型:{error}") from error


def _content(file: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = file.extractfile(member)
    return opened.read() if opened is not None else b""


def _check(nodes: Mapping[str, Any]) -> None:
    used = [node["uses"] for node in nodes.values()]
    for node in nodes.values():
        component = node["uses"]
        if component not in KNOWN:
            raise Unfit(f"编译不认识组件 {component}")
        for option in node["config"]:
            if option not in KNOWN[component]:
                raise Unfit(f"编译不认识 {component} 的选项 {option}")
    ours = [component for component in used if component in NEEDED]
    if tuple(ours) != NEEDED:
        raise Unfit(f"编译要求流水线依次是 {'、'.join(NEEDED)}")


def _trained(
    members: Mapping[str, bytes], nodes: Mapping[str, Any]
) -> Iterator[tuple[str, dict[str, NDArray[Any]]]]:
    for node in nodes.values():
        if node["uses"] not in (CLASSIFIER, ENTITIES):
            continue
        folder = f"components/{node['resource']['name']}/"
        found = [content for name, content in members.items() if name.startswith(folder)]
        if len(found) != 1:
            raise Unfit(f"{node['uses']} 没有学到东西:训练数据太少")
        with np.load(io.BytesIO(found[0])) as file:
            yield node["uses"], dict(file)
