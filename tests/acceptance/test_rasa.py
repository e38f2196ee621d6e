"""`mingcheng up` with a real Rasa: asked to end early."""

from pathlib import Path

import pytest

from tests.acceptance.conftest import UP, House
from tests.acceptance.test_up import of_house
from tests.fixtures.program import Program

pytestmark = pytest.mark.processes


def test_asked_to_end_while_the_model_loads_it_ends_all(rasa_program: Program) -> None:
    House(rasa_program).opens()
    assert "模型已载入" not in rasa_program.printed()
    assert rasa_program.stops() == 0
    assert of_house(rasa_program.data) == []


def test_asked_to_end_while_it_trains_it_ends_all(house: Path, small_model: Path) -> None:
    program = Program(house / "data", None)
    program.start(*UP, NLU="rasa")  # the model is not there: it trains one
    program.waits_for("正在训练")
    assert program.stops() == 0
    assert of_house(program.data) == []
    assert list((program.data / "models").iterdir()) == []
