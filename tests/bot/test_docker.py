"""The images hold what they need, and the composition asks for nothing that is not written down."""

import re
from typing import Any

import yaml

from nlu import training
from tests.fixtures.rasa import ROOT

DOCKER = ROOT / "docker"


def read(name: str) -> str:
    return (DOCKER / name).read_text(encoding="utf-8")


def composed() -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load(read("compose.yaml"))
    return whole


def test_rasa_s_image_holds_all_that_its_components_are_made_of() -> None:
    lines = read("rasa.Dockerfile").replace("\\\n", "").splitlines()
    copied = {word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]}
    needed = {f"nlu/{name}" for name in ("__init__.py", *training.SHARED)}
    assert needed <= copied
    assert all((ROOT / name).exists() for name in copied)


def test_what_is_composed_can_be_set_in_the_example() -> None:
    wanted = set(re.findall(r"\$\{(\w+)", read("compose.yaml")))
    offered = set(re.findall(r"^#?(\w+)=", read("env.example"), flags=re.MULTILINE))
    assert wanted == offered


def test_what_must_be_set_stands_open_in_the_example() -> None:
    needed = set(re.findall(r"\$\{(\w+):\?", read("compose.yaml")))
    assert needed == {"POSTGRES_PASSWORD", "VALKEY_PASSWORD"}
    assert all(f"\n{name}=\n" in read("env.example") for name in needed)


def test_without_a_profile_no_rasa_runs_and_nobody_waits_for_one() -> None:
    services = composed()["services"]
    assert [name for name, service in services.items() if service.get("profiles")] == ["rasa"]
    assert not any("rasa" in service.get("depends_on", {}) for service in services.values())
    assert services["worker"]["environment"]["NLU"] == "${NLU:-compiled}"


def test_a_setting_by_its_own_name_reaches_every_part() -> None:
    services = composed()["services"]
    parts = ("migrate", "web", "worker", "sender", "scheduler")
    assert all(services[part]["env_file"] == [".env"] for part in parts)
