"""Commands for whoever installs it: `city load`, `account add`, `doctor`."""

from pathlib import Path

import pytest
from sqlmodel import select

from bot import accounts
from storage.database import Database
from storage.models import Group, Unit
from tests.acceptance.conftest import CITY, House, address, password, rows, run
from tests.fixtures.cast import START

pytestmark = pytest.mark.processes

VALID = "city: 株洲\ngroups:\n  - {id: new, name: 新群}\n"


async def test_a_city_that_is_not_valid_changes_nothing(database_url: str, tmp_path: Path) -> None:
    city = tmp_path / "city.yaml"
    city.write_text(VALID + "units:\n  - {name: 新局}\n  - {name: 新局}\n", encoding="utf-8")
    before = await rows(database_url, select(Group.id))
    ended = run("city", "load", str(city), DATABASE_URL=database_url)
    assert ended.returncode == 2
    assert ended.stderr.strip() == "第 6 行:新局 重复"
    assert await rows(database_url, select(Group.id)) == before
    assert "新局" not in await rows(database_url, select(Unit.name))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (VALID + "routes:\n  - {category: sing, unit: 新局}\n", "第 5 行:没有名为 sing 的类别"),
        (VALID + "start: [\n", "不是有效的 YAML"),
    ],
)
def test_a_city_is_refused_with_line_and_reason(tmp_path: Path, text: str, said: str) -> None:
    city = tmp_path / "city.yaml"
    city.write_text(text, encoding="utf-8")
    ended = run("city", "load", str(city), "--data", str(tmp_path / "data"))
    assert ended.returncode == 2
    assert said in ended.stderr
    assert not (tmp_path / "data").exists()


def test_a_file_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    ended = run("city", "load", str(tmp_path / "none.yaml"), "--data", str(tmp_path / "data"))
    assert ended.returncode == 2
    assert "无法读取" in ended.stderr


async def test_a_city_loaded_again_changes_what_it_names(database_url: str, tmp_path: Path) -> None:
    city = tmp_path / "city.yaml"
    city.write_text("city: 株洲\ngroups:\n  - {id: g1, name: 新名字}\n", encoding="utf-8")
    assert run("city", "load", str(city), DATABASE_URL=database_url).returncode == 0
    names = await rows(database_url, select(Group.name).order_by(Group.id))
    assert list(names) == ["制造名城-桥接群", "新名字", "制造名城-荷塘区-1群"]


async def test_an_account_opens_with_the_password_that_is_told(
    database_url: str, database: Database
) -> None:
    first = password(run("account", "add", "wang", "c1", DATABASE_URL=database_url))
    assert await accounts.check(database, "wang", first, START)
    second = password(run("account", "add", "wang", "c1", DATABASE_URL=database_url))
    with pytest.raises(accounts.Wrong):
        await accounts.check(database, "wang", first, START)
    _, member = await accounts.check(database, "wang", second, START)
    assert member.external_id == "c1"


def test_an_account_for_nobody_is_refused(database_url: str) -> None:
    ended = run("account", "add", "ghost", "nobody", DATABASE_URL=database_url)
    assert (ended.returncode, ended.stderr.strip()) == (1, "没有 id 为 nobody 的人员")


async def test_commands_use_the_server_that_already_runs(up: House) -> None:
    pids = {name: process.pid for name, process in up.program.children().items()}
    ended = run("city", "load", str(CITY), "--data", str(up.program.data))
    assert ended.returncode == 0
    assert "3 个群,13 人,3 条路由" in ended.stderr
    assert {name: process.pid for name, process in up.program.children().items()} == pids
    assert await up.healthy()


def test_doctor_names_the_port_that_is_taken(up: House, tmp_path: Path) -> None:
    port = address(up.program).rsplit(":", 1)[1]
    ended = run("doctor", "--port", port, "--data", str(tmp_path / "data"))
    assert ended.returncode == 1
    assert f"✗ 网页端口:127.0.0.1:{port}" in ended.stderr
    assert f"→ 可能 mingcheng 已在运行,打开 http://127.0.0.1:{port}/ 看看" in ended.stderr


def test_doctor_looks_and_changes_nothing(tmp_path: Path) -> None:
    ended = run("doctor", "--port", "0", "--data", str(tmp_path / "data"))
    for well in ("✓ 运行环境 .venv:Python 3.1", "✓ 数据目录", "✓ 网页端口"):
        assert well in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_doctor_names_data_of_another_version(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("9.6\n")
    ended = run("doctor", "--port", "0", "--data", str(tmp_path))
    assert ended.returncode == 1
    assert "✗ 数据版本:PostgreSQL 9.6" in ended.stderr


def test_a_wrong_setting_stops_the_start_with_its_name(tmp_path: Path) -> None:
    ended = run("up", MINGCHENG_PORT="eighty", MINGCHENG_DATA=str(tmp_path / "data"))
    assert ended.returncode == 1
    assert "设置 port 不对" in ended.stderr
    assert "Traceback" not in ended.stderr
