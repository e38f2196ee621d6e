"""What administrators do on the command line, as real processes: beside `up`, and without it."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from sqlalchemy import text
from sqlmodel import func, select

from bot.app import now
from bot.intake import COLUMNS
from storage.database import Database
from storage.models import Article, Day, Ticket
from tests.acceptance.conftest import House, rows, run
from tests.bot.calendars.notices import NEXT
from tests.fixtures.cast import Town

pytestmark = pytest.mark.processes

ROW: dict[str, Any] = {"来源": "热线", "内容": "栗雨工业园新马路的路灯坏了", "区县": "天元区"}


def ledger(folder: Path, *filled: dict[str, Any]) -> Path:
    book = openpyxl.Workbook()
    names = [column.header for column in COLUMNS]
    book.active.append(names)
    yesterday = f"{now() - timedelta(days=1):%Y-%m-%d}"
    for row in filled:
        book.active.append([{"反映时间": yesterday, **row}.get(name) for name in names])
    path = folder / "台账.xlsx"
    book.save(path)
    return path


async def one(url: str, query: Any) -> Any:
    (found,) = await rows(url, query)
    return found


async def announced(url: str) -> Sequence[Any]:
    return await rows(url, select(Day.working).where(Day.day == date(2027, 1, 31)))


# --- calendar -----------------------------------------------------------------------------------


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    path = tmp_path / "通知.txt"
    path.write_text(NEXT, encoding="gb18030")
    return path


async def test_a_trial_of_a_notice_changes_nothing(database_url: str, notice: Path) -> None:
    before = await announced(database_url)
    ended = run("calendar", "import", str(notice), "--dry-run", DATABASE_URL=database_url)
    assert ended.returncode == 0
    assert "2027 年放假安排" in ended.stdout
    assert "时限有变动的工单 0 件" in ended.stdout
    assert "试运行" in ended.stderr
    assert await announced(database_url) == before


async def test_a_notice_is_imported(database_url: str, notice: Path) -> None:
    ended = run("calendar", "import", str(notice), DATABASE_URL=database_url)
    assert (ended.returncode, "试运行" in ended.stderr) == (0, False)
    assert await announced(database_url) == [True]
    status = run("calendar", "status", DATABASE_URL=database_url).stdout
    assert "已公布到 2027年12月31日(周五)" in status


async def test_a_notice_with_a_mistake_is_refused_with_its_line(
    database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "x.txt").write_text(NEXT.replace("1月1日(周五)", "1月1日(周四)"), "utf-8")
    ended = run("calendar", "import", str(tmp_path / "x.txt"), DATABASE_URL=database_url)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("第 2 行:“1月1日(周四)”与日历不符")


async def test_half_a_notice_says_what_it_lacks(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("\n".join(NEXT.splitlines()[:3]), "utf-8")
    ended = run("calendar", "import", str(tmp_path / "x.txt"), DATABASE_URL=database_url)
    assert "没有写到清明节、劳动节、端午节、中秋节、国庆节" in ended.stdout


# --- deadlines and the chain --------------------------------------------------------------------


async def test_a_deadline_is_explained(database_url: str, town: Town) -> None:
    await town.reports()
    ended = run("deadline", "explain", "#1", DATABASE_URL=database_url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "    4月5日 周三  跳过:清明节" in ended.stdout.splitlines()


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        ("9", 1, "没有找到 #9,请在台账里核对编号"),
        ("99999999999999999999999", 1, "没有找到 #"),
        ("1", 1, "没有找到 #1,请在台账里核对编号"),
        ("abc", 2, "“abc”不是工单编号"),
    ],
)
async def test_what_is_not_there_or_confidential_is_not_explained(
    database_url: str, town: Town, number: str, code: int, said: str
) -> None:
    await town.says("zhang", "有人收钱才办事", "report_misconduct")
    ended = run("deadline", "explain", number, DATABASE_URL=database_url)
    assert (ended.returncode, ended.stdout) == (code, "")
    assert ended.stderr.startswith(said)


async def test_a_whole_chain_is_verified(database_url: str, town: Town) -> None:
    no = await town.reports()
    last = (await town.chain(no))[-1]
    ended = run("audit", "verify", DATABASE_URL=database_url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert f"共 {last.seq} 条事件" in ended.stdout
    assert last.hash in ended.stdout


def test_an_empty_chain_is_whole(database_url: str) -> None:
    ended = run("audit", "verify", DATABASE_URL=database_url)
    assert (ended.returncode, ended.stdout) == (0, "还没有事件。\n")


@pytest.mark.parametrize(
    ("intent", "named"), [("report_issue", True), ("report_misconduct", False)]
)
async def test_the_first_broken_link_is_named(
    database_url: str, town: Town, intent: str, named: bool
) -> None:
    await town.says("zhang", "路灯坏了", intent)
    async with town.database.transaction() as session:
        connection = await session.connection()
        await connection.execute(text("UPDATE events SET words = 'x' WHERE seq = 1"))
    ended = run("audit", "verify", DATABASE_URL=database_url)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "事件链在第 1 条断开" in ended.stderr
    assert ("#1 登记" in ended.stderr) == named


# --- the review list ----------------------------------------------------------------------------


async def test_what_is_unsure_is_listed_decided_and_learned(database_url: str, town: Town) -> None:
    await town.says("zhang", "新马路那个灯", "urge", confidence=0.4)
    listed = run("review", "list", "--by", "c1", DATABASE_URL=database_url).stdout
    number, *_ = listed.split()
    assert "可能是催办(40%)" in listed
    labels = ("--intent", "report_issue", "--category", "traffic", "--entity", "address=新马路")
    ended = run("review", "decide", number, "--by", "c1", *labels, "--open",
                DATABASE_URL=database_url)  # fmt: skip
    assert (ended.returncode, ended.stderr) == (0, "已登记 #1\n")
    assert run("review", "list", "--by", "c1", DATABASE_URL=database_url).stdout == (
        "没有等待判断的消息。\n"
    )
    ended = run("nlu", "export", DATABASE_URL=database_url)
    assert "    - [新马路](address)那个灯\n" in ended.stdout
    assert ended.stderr.startswith("1 条")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--by", "nobody", "--dismiss"), 1, "nobody"),
        (("--by", "h1", "--dismiss"), 1, "不在您的待审列表里"),
        (("--by", "c1", "--entity", "address=别处", "--dismiss"), 2, "消息里没有“别处”"),
        (("--by", "c1", "--entity", "road=新马路", "--dismiss"), 1, "标注不对"),
        (("--by", "c1", "--open"), 1, "“催办”不登记工单"),
        (("--by", "c1"), 2, "--open"),
    ],
)
async def test_what_cannot_be_decided_is_told(
    database_url: str, town: Town, arguments: Sequence[str], code: int, said: str
) -> None:
    await town.says("zhang", "新马路那个灯", "urge", confidence=0.4)
    ended = run("review", "decide", "1", *arguments, DATABASE_URL=database_url)
    assert ended.returncode == code
    assert said in ended.stderr


# --- the knowledge base -------------------------------------------------------------------------


async def test_articles_are_loaded_and_found(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "kb.json"
    path.write_text(
        '[{"title":"企业开办需要哪些材料","body":"身份证明","source":"市局","date":"2026-03-01"}]',
        encoding="utf-8",
    )
    for told in ("新增 1,更新 0", "新增 0,更新 1"):
        assert told in run("kb", "load", str(path), DATABASE_URL=database_url).stderr
    found = run("kb", "search", "企业开办要哪些材料", DATABASE_URL=database_url).stdout
    assert "企业开办需要哪些材料" in found
    assert "会用这一篇直接答复" in found
    near = run("kb", "search", "开办托育机构有补贴吗", DATABASE_URL=database_url).stdout
    assert "不直接答复" in near


async def test_articles_with_a_mistake_are_refused_whole(database_url: str, tmp_path: Path) -> None:
    good = "- {title: 甲, body: 乙, source: 丙, date: 2026-03-01}\n"
    (tmp_path / "kb.yaml").write_text(good + good, encoding="utf-8")
    ended = run("kb", "load", str(tmp_path / "kb.yaml"), DATABASE_URL=database_url)
    assert (ended.returncode, ended.stderr) == (2, "第 2 行:题目“甲”重复\n")
    assert await one(database_url, select(func.count()).select_from(Article)) == 0


@pytest.mark.parametrize("asked", ["", "请问", "路灯坏了"])
async def test_a_question_that_touches_no_article_finds_none(
    database_url: str, tmp_path: Path, asked: str
) -> None:
    (tmp_path / "kb.yaml").write_text("[{title: 甲, body: 乙, source: 丙, date: 2026-03-01}]")
    assert run("kb", "load", str(tmp_path / "kb.yaml"), DATABASE_URL=database_url).returncode == 0
    ended = run("kb", "search", asked, DATABASE_URL=database_url)
    assert (ended.returncode, "没有沾边的文章" in ended.stdout) == (0, True)


# --- ledgers ------------------------------------------------------------------------------------


async def test_a_ledger_is_imported_once(database_url: str, tmp_path: Path) -> None:
    path = str(ledger(tmp_path, ROW, {**ROW, "内容": "别的事"}))
    trial = run("import", path, "--dry-run", DATABASE_URL=database_url)
    assert (trial.returncode, "可以登记 2 件" in trial.stdout) == (0, True)
    assert await one(database_url, select(func.count()).select_from(Ticket)) == 0
    told = [run("import", path, DATABASE_URL=database_url).stdout for _ in range(2)]
    assert told == ["登记 2 件:#1 至 #2\n", "登记 0 件;另有 2 行以前登记过,跳过\n"]
    assert await one(database_url, select(func.count()).select_from(Ticket)) == 2


async def test_where_one_row_is_bad_every_bad_row_is_listed_and_none_opened(
    database_url: str, tmp_path: Path
) -> None:
    bad = ({**ROW, "来源": "微信"}, {**ROW, "区县": "火星区", "紧急": "也许"})
    path = str(ledger(tmp_path, ROW, *bad))
    for arguments in ((path, "--dry-run"), (path,)):
        ended = run("import", *arguments, DATABASE_URL=database_url)
        assert ended.returncode == 2
        places = [line.split(":")[0] for line in ended.stdout.splitlines()]
        assert places == ["第 3 行 来源", "第 4 行 区县", "第 4 行 紧急"]
        assert ended.stderr.startswith("3 行里有 2 行不对,一行也没有登记")
    assert await one(database_url, select(func.count()).select_from(Ticket)) == 0


def test_a_template_needs_no_database(tmp_path: Path) -> None:
    path = tmp_path / "模板.xlsx"
    ended = run("import", "--template", str(path), "--data", str(tmp_path / "data"))
    assert (ended.returncode, path.exists(), (tmp_path / "data").exists()) == (0, True, False)
    assert run("import", "--template", str(path)).returncode == 2


def test_without_a_ledger_it_says_what_is_wanted(tmp_path: Path) -> None:
    ended = run("import", "--data", str(tmp_path / "data"))
    assert (ended.returncode, "--template" in ended.stderr) == (2, True)


# --- where they run -----------------------------------------------------------------------------


async def test_they_work_beside_up(up: House, tmp_path: Path) -> None:
    data = ("--data", str(up.program.data))
    ended = run("import", str(ledger(tmp_path, ROW)), *data)
    assert ended.stdout.startswith("登记 1 件:#")
    number = ended.stdout.split("#")[1].split()[0]
    assert f"#{number} 诉求" in run("deadline", "explain", number, *data).stdout
    assert run("audit", "verify", *data).returncode == 0
    assert await up.healthy()


def test_they_work_where_nothing_runs(house: Path) -> None:
    ended = run("calendar", "status", "--data", str(house / "data"))
    assert (ended.returncode, "已公布到" in ended.stdout) == (0, True), ended.stderr


def test_the_table_of_steps_is_printed() -> None:
    ended = run("steps")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("| status | 中文 | leaves by |\n")


def test_a_database_that_is_not_there_is_a_sentence() -> None:
    nowhere = "postgresql+psycopg://nobody:x@127.0.0.1:1/none"
    ended = run("calendar", "status", DATABASE_URL=nowhere)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("数据库连不上")


async def test_a_database_without_tables_is_a_sentence(empty_url: str) -> None:
    ended = run("audit", "verify", DATABASE_URL=empty_url)
    assert (ended.returncode, ended.stderr) == (
        1,
        "数据库还没有建好,请先运行 ./mingcheng migrate\n",
    )


async def test_a_correction_of_the_city_counts_open_deadlines_anew(
    database_url: str, town: Town, database: Database, tmp_path: Path
) -> None:
    await town.reports()
    was = (await town.ticket()).due_at
    path = tmp_path / "city.yaml"
    path.write_text("city: x\ngroups: []\ncalendar: [{date: 2023-04-10, working: false}]\n")
    assert run("city", "load", str(path), DATABASE_URL=database_url).returncode == 0
    assert (await town.ticket()).due_at == was + timedelta(days=1)
