"""What the components are given by Rasa: a place to keep what they learnt."""

from pathlib import Path

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage


@pytest.fixture
def storage(tmp_path: Path) -> ModelStorage:
    """An empty model."""
    return LocalModelStorage.create(tmp_path)


@pytest.fixture
def resource() -> Resource:
    """The component's own corner of the model."""
    return Resource("component")


@pytest.fixture
def context() -> ExecutionContext:
    """A graph that nobody runs."""
    return ExecutionContext(GraphSchema({}))
