"""From Rasa's archive to a compiled model: what would be read otherwise here is refused."""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nlu.compiled import Compiled, Unfit
from nlu.compiler import CLASSIFIER, ENTITIES, KNOWN, NEEDED, compile_
from nlu.training import PROJECT
from tests.nlu.handmade import compiled

MODEL = compiled()
RASA = "rasa.graph_components.converters.nlu_message_converter.NLUMessageConverter"
REGEX = "rasa.nlu.classifiers.regex_message_handler.RegexMessageHandler"
PIPELINE = (RASA, *NEEDED, REGEX)
TEXTS = ["天元区新马路的路灯坏了", "请问怎么办理许可证", "#1024", ""]

Nodes = dict[str, dict[str, Any]]


def resource(component: str) -> str:
    return f"train_{component}"


def nodes(*components: str) -> Nodes:
    """As Rasa's metadata has them."""
    return {
        f"run_{component}{at}": {
            "uses": component,
            "config": {},
            "resource": {"name": resource(component)} if "Rasa" not in component else None,
        }
        for at, component in enumerate(components or PIPELINE)
    }


def numbers(arrays: Mapping[str, Any]) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def learnt() -> dict[str, bytes]:
    """What components that learn have kept, by its place in the archive."""
    return {
        f"components/{resource(CLASSIFIER)}/classifier.npz": numbers(MODEL.decider.arrays()),
        f"components/{resource(ENTITIES)}/entities.npz": numbers(MODEL.entities.arrays()),
        "components/finetuning_validator/fingerprints-for-validation.json": b"{}",
    }


def archive(
    folder: Path, graph: Nodes | None = None, members: Mapping[str, bytes] | None = None
) -> Path:
    """An archive as `rasa train` writes one."""
    schema = {"nodes": nodes() if graph is None else graph}
    metadata = {"predict_schema": schema, "rasa_open_source_version": "3.6.21"}
    found = {"metadata.json": json.dumps(metadata).encode()}
    found |= learnt() if members is None else members
    path = folder / "model.tar.gz"
    with tarfile.open(path, "w:gz") as file:
        file.addfile(tarfile.TarInfo("components/"))
        for name, content in found.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return path


def test_an_archive_becomes_the_model_that_was_trained(tmp_path: Path) -> None:
    model = compile_(archive(tmp_path), "f7")
    assert (model.about.fingerprint, model.about.rasa) == ("f7", "3.6.21")
    assert model.read(TEXTS) == MODEL.read(TEXTS)
    model.save(tmp_path / "model.npz")
    assert Compiled.load(tmp_path / "model.npz").read(TEXTS) == MODEL.read(TEXTS)


def test_our_own_pipeline_is_one_that_can_be_compiled() -> None:
    pipeline = yaml.safe_load((PROJECT / "config.yml").read_text("utf-8"))["pipeline"]
    assert [part["name"] for part in pipeline] == list(NEEDED)
    assert all(set(part) - {"name"} <= KNOWN[part["name"]] for part in pipeline)


@pytest.mark.parametrize("component", [CLASSIFIER, ENTITIES])
def test_options_that_only_training_knows_change_nothing(tmp_path: Path, component: str) -> None:
    graph = nodes()
    (node,) = (node for node in graph.values() if node["uses"] == component)
    node["config"] = dict.fromkeys(KNOWN[component], 1)
    assert compile_(archive(tmp_path, graph), "f7").read(TEXTS) == MODEL.read(TEXTS)


@pytest.mark.parametrize("at", range(len(PIPELINE) + 1))
def test_an_unknown_component_is_refused_by_name(tmp_path: Path, at: int) -> None:
    unknown = "rasa.nlu.extractors.DIETClassifier"
    graph = nodes(*PIPELINE[:at], unknown, *PIPELINE[at:])
    with pytest.raises(Unfit, match=f"不认识组件 {unknown}"):
        compile_(archive(tmp_path, graph), "f7")


@pytest.mark.parametrize("component", PIPELINE)
def test_an_unknown_option_is_refused_by_name(tmp_path: Path, component: str) -> None:
    graph = nodes()
    (node,) = (node for node in graph.values() if node["uses"] == component)
    node["config"] = {"threshold": 0.5}
    with pytest.raises(Unfit, match=f"不认识 {component} 的选项 threshold"):
        compile_(archive(tmp_path, graph), "f7")


@pytest.mark.parametrize(
    "components",
    [
        (NEEDED[1], NEEDED[0], *NEEDED[2:]),
        (*NEEDED[:2], NEEDED[3], NEEDED[2]),
        NEEDED[1:],
        NEEDED[:3],
        (*NEEDED[:2], NEEDED[3]),
        (*NEEDED, NEEDED[3]),
        (RASA, REGEX),
    ],
)
def test_another_order_is_refused_with_the_right_one(
    tmp_path: Path, components: tuple[str, ...]
) -> None:
    with pytest.raises(Unfit) as unfit:
        compile_(archive(tmp_path, nodes(*components)), "f7")
    assert "依次是 " + "、".join(NEEDED) in str(unfit.value)


@pytest.mark.parametrize("component", [CLASSIFIER, ENTITIES])
def test_a_component_that_learnt_nothing_is_refused_by_name(tmp_path: Path, component: str) -> None:
    members = {name: found for name, found in learnt().items() if resource(component) not in name}
    with pytest.raises(Unfit, match=f"{component} 没有学到东西"):
        compile_(archive(tmp_path, members=members), "f7")


@pytest.mark.parametrize("content", [b"", b"garbage", b"\x1f\x8b\x08\x00", b"\0" * 2000])
def test_another_file_is_no_archive(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.tar.gz"
    path.write_bytes(content)
    with pytest.raises(Unfit, match=r"model\.tar\.gz 不是 Rasa 的模型"):
        compile_(path, "f7")


@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_half_an_archive_is_none(tmp_path: Path, share: float) -> None:
    path = archive(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(Unfit, match="不是 Rasa 的模型"):
        compile_(path, "f7")


def test_without_an_archive_there_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(Unfit, match=r"missing\.tar\.gz 不是 Rasa 的模型"):
        compile_(tmp_path / "missing.tar.gz", "f7")


@pytest.mark.parametrize("metadata", [b"", b"{", b"{}", b'{"predict_schema": {}}', b"\xff"])
def test_an_archive_that_says_nothing_of_itself_is_none(tmp_path: Path, metadata: bytes) -> None:
    path = archive(tmp_path, members={**learnt(), "metadata.json": metadata})
    with pytest.raises(Unfit, match="不是 Rasa 的模型"):
        compile_(path, "f7")
