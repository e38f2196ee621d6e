"""A group's history in, a ledger out: the command's own code, with its own servers."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.documents import Invalid
from bot.replay.command import replay
from bot.settings import Settings
from tests.fixtures.cast import REPORT
from tests.fixtures.rasa import ROOT
from tests.fixtures.servers import CITY

pytestmark = pytest.mark.embedded

FILES = ("tickets.jsonl", "said.jsonl", "notices.jsonl", "events.jsonl", "figures.json")
FIGURES = {
    "collected", "done", "close_out_rate", "on_time_rate", "response_rate", "satisfaction_rate",
    "reopen_rate", "overdue",
}  # fmt: skip
LEVELS = {
    "new", "assigned", "request", "review", "unanswered", "blue", "yellow", "orange", "red",
    "urge", "refused", "digest",
}  # fmt: skip
REAL = ROOT.parent / "shared" / "data" / "replay-2019"


def on(moment: str) -> str:
    """`04-03 09:12` of 2023, as the files write it."""
    return f"2023-{moment.replace(' ', 'T')}:00+08:00"


def said(id_: str, moment: str, who: str, text: str, intent: str, **more: Any) -> dict[str, Any]:
    """A message that carries its parse."""
    parse = {
        "intent": {"name": intent, "confidence": 0.95},
        "category": more.pop("category", None),
        "entities": more.pop("entities", []),
    }
    return {
        "type": "message", "at": on(moment), "id": id_, "group": more.pop("group", "g1"),
        "sender": who, "name": f"某厂-{who}", "text": text, "images": [], "quote": None,
        "mentions_bot": False, "parse": parse, **more,
    }  # fmt: skip


def step(moment: str, by: str, ticket: int | str | None, name: str, **args: Any) -> dict[str, Any]:
    """What somebody did in the console."""
    of = {} if ticket is None else {"ticket": ticket}
    return {"type": "step", "at": on(moment), "by": by, **of, "step": name, "args": args}


LAMP = said(
    "m1", "04-03 09:12", "zhang", REPORT, "report_issue",
    category={"name": "traffic", "confidence": 0.9},
    entities=[
        {"entity": "address", "start": 0, "end": 8, "value": "栗雨工业园新马路", "confidence": 0.9},
        {"entity": "duration", "start": 13, "end": 15, "value": "一周", "confidence": 0.9},
    ],
)  # fmt: skip
POWER = step(
    "04-03 10:05", "c1", None, "open", text="二期用电报装卡了一个月", source="hotline",
    category="utilities", district="荷塘区", group="g2",
)  # fmt: skip
REFUSED = [
    step("04-03 10:06", "c1", "m1", "assign", unit="市自规局"),  # it is accepted already
    step("04-03 10:07", "zhang", 1, "reject", reason="不想办"),
    step("04-03 10:08", "c1", 99, "assign", unit="市自规局"),
    step("04-03 10:09", "c1", "m99", "assign", unit="市自规局"),
    step("04-03 10:10", "h1", 2, "accept", text="我来"),
    step("04-03 10:11", "c1", 2, "transfer", unit="没有这个局"),
]
STORY: list[dict[str, Any]] = [
    LAMP,
    said("m2", "04-03 09:20", "zhang", "就在东门岗亭旁边", "add_detail"),
    said("m2", "04-03 09:20", "zhang", "就在东门岗亭旁边", "add_detail"),
    said("m3", "04-03 10:00", "h1", "收到,马上派人", "accept_task", quote="m1"),
    POWER,
    *REFUSED,
    step("04-03 21:30", "h3", 2, "accept", text="明天到现场"),
    said("m4", "04-04 09:00", "h1", "路灯修好了", "report_done", quote="m1"),
    {"type": "recall", "at": on("04-04 10:00"), "id": "m2", "group": "g1"},
    {"type": "recall", "at": on("04-04 10:01"), "id": "m77", "group": "g1"},
    said("m5", "04-04 11:00", "li", "收到", "chitchat"),
    said(
        "m6", "04-11 09:00", "li", "变压器坏了", "report_issue",
        category={"name": "utilities", "confidence": 0.9}, quote="m77",
    ),
    step("04-11 22:00", "h3", "m6", "accept", text="马上来"),
]  # fmt: skip


class Out:
    """What a replay left."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, name: str) -> list[dict[str, Any]]:
        text = (self.folder / f"{name}.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    @property
    def figures(self) -> dict[str, Any]:
        read: dict[str, Any] = json.loads((self.folder / "figures.json").read_bytes())
        return read

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.folder.iterdir())}


async def replayed(
    folder: Path, rows: Sequence[Any], *, until: str | None = None, city: Path = CITY
) -> Out:
    """Run the command on these lines."""
    folder.mkdir(exist_ok=True)
    events, out = folder / "events.jsonl", folder / "out"
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
    events.write_text("".join(lines), encoding="utf-8")
    settings = Settings(data=folder / "data", nlu="keywords")
    await replay(
        events, city, out, until=until, settings=settings,
        show=lambda _: lambda _done, _whole: None, say=lambda _: None,
    )  # fmt: skip
    return Out(out)


@pytest_asyncio.fixture(scope="module")
async def out(tmp_path_factory: pytest.TempPathFactory) -> Out:
    """What the story comes to."""
    return await replayed(tmp_path_factory.mktemp("story"), STORY)


def links(rows: Sequence[dict[str, Any]]) -> list[bool]:
    """Whether each event's hash covers it and the one before; written anew from the contract."""
    found, before = [], ""
    for row in rows:
        fields = {name: row[name] for name in row if name != "hash"}
        text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        right = hashlib.sha256(text.encode("utf-8")).hexdigest()
        found.append(row["hash"] == right and row["prev"] == before)
        before = row["hash"]
    return found


def test_there_are_five_files(out: Out) -> None:
    assert sorted(out.bytes()) == sorted(FILES)
    assert all(content.endswith(b"\n") for content in out.bytes().values())


def test_a_ticket_is_written_field_by_field(out: Out) -> None:
    assert out.rows("tickets")[0] == {
        "no": 1, "kind": "issue", "status": "closed", "category": "traffic", "source": "group",
        "group": "g1", "reporter": "zhang", "enterprise": "湖南立方新能源科技有限公司",
        "district": "天元区", "address": "栗雨工业园新马路", "unit": "天元区城管局",
        "assisting": [], "text": REPORT, "reported_at": on("04-03 09:12"),
        "respond_by": on("04-07 17:30"), "due_at": on("04-11 17:30"), "provisional": False,
        "accepted_at": on("04-03 10:00"), "resolved_at": on("04-04 09:00"),
        "closed_at": on("04-10 17:30"), "reopened": 0, "extended": 0, "rating": None,
        "urgent": False, "confidential": False, "related": [],
        "messages": ["m1", "m2", "m3", "m4"], "recalled": ["m2"], "reminders": [],
    }  # fmt: skip


def test_all_tickets_have_the_same_fields_in_order_of_number(out: Out) -> None:
    tickets = out.rows("tickets")
    assert [ticket["no"] for ticket in tickets] == [1, 2, 3]
    assert {tuple(ticket) for ticket in tickets} == {tuple(tickets[0])}


def test_a_ticket_of_the_console_has_its_source_and_no_message(out: Out) -> None:
    ticket = out.rows("tickets")[1]
    of = ("source", "group", "reporter", "enterprise", "district", "unit", "messages")
    wanted: list[Any] = ["hotline", "g2", "c1", None, "荷塘区", "株洲供电公司", []]
    assert [ticket[name] for name in of] == wanted


def test_the_first_answer_is_written_field_by_field(out: Out) -> None:
    assert out.rows("said")[0] == {
        "at": on("04-03 09:12"), "group": "g1", "to": ["zhang"], "about": [1], "why": "reply",
        "text": "@zhang 已受理 #1(道路交通),承办:天元区城管局,4月11日17:30前办结。",
    }  # fmt: skip


def test_all_that_was_said_has_these_fields(out: Out) -> None:
    for row in out.rows("said"):
        assert list(row) == ["at", "group", "to", "text", "about", "why"]
        assert row["why"] in ("reply", "reminder", "digest", "notice")
        assert set(row["about"]) <= {1, 2, 3}


def test_notices_are_a_line_per_person(out: Out) -> None:
    notices = out.rows("notices")
    assert all(list(row) == ["at", "to", "level", "ticket", "text"] for row in notices)
    assert {row["level"] for row in notices} <= LEVELS
    told = [row["to"] for row in notices if (row["ticket"], row["level"]) == (1, "assigned")]
    assert told == ["h1", "h2", "h9"]


def test_events_are_written_field_by_field(out: Out) -> None:
    rows = out.rows("events")
    assert rows[0] | {"hash": "…"} == {
        "seq": 1, "ticket": 1, "at": on("04-03 09:12"), "by": "zhang", "step": "open",
        "from": None, "to": "new", "words": REPORT, "message": "m1", "prev": "", "hash": "…",
    }  # fmt: skip
    assert {tuple(row) for row in rows} == {tuple(rows[0])}


def test_the_chain_of_events_holds(out: Out) -> None:
    rows = out.rows("events")
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert links(rows) == [True] * len(rows)


@pytest.mark.parametrize("name", ["at", "words", "by", "to"])
def test_an_event_that_was_changed_is_found_out(out: Out, name: str) -> None:
    rows = out.rows("events")
    rows[2][name] = "…"
    assert links(rows).index(False) == 2


def test_figures_are_counted_over_all_and_by_unit_district_and_category(out: Out) -> None:
    figures = out.figures
    assert set(figures) == {"all", "unit", "district", "category", "digests"}
    assert set(figures["unit"]) == {"天元区城管局", "株洲供电公司"}
    assert set(figures["district"]) == {"天元区", "荷塘区"}
    assert set(figures["category"]) == {"traffic", "utilities"}
    assert figures["all"] == {
        "collected": 3, "done": 1, "close_out_rate": "33.33%", "on_time_rate": "50.00%",
        "response_rate": "100.00%", "satisfaction_rate": "—", "reopen_rate": "0.00%", "overdue": 1,
    }  # fmt: skip


def test_every_set_of_figures_has_all_eight(out: Out) -> None:
    facets = (out.figures[name] for name in ("unit", "district", "category"))
    for figures in (figures for facet in facets for figures in facet.values()):
        assert set(figures) == FIGURES
        assert type(figures["collected"]) is type(figures["overdue"]) is int


def test_all_times_are_in_the_offset_of_the_city_and_sorted(out: Out) -> None:
    for name in ("said", "notices", "events"):
        times = [datetime.fromisoformat(row["at"]) for row in out.rows(name)]
        assert times == sorted(times)
        assert {time.utcoffset() for time in times} == {timedelta(hours=8)}
    for ticket in out.rows("tickets"):
        for of in ("reported_at", "respond_by", "due_at", "accepted_at"):
            assert ticket[of].endswith("+08:00")


def test_files_are_read_by_people_too(out: Out) -> None:
    assert "路灯" in out.bytes()["tickets.jsonl"].decode("utf-8")


async def test_the_same_input_gives_the_same_bytes(out: Out, tmp_path: Path) -> None:
    again = await replayed(tmp_path, STORY)
    assert again.bytes() == out.bytes()


def test_what_is_not_urgent_is_said_at_eight_and_no_sooner(out: Out) -> None:
    told = [row["at"] for row in out.rows("said") if (row["about"], row["why"]) == ([2], "notice")]
    assert told == [on("04-03 10:05"), on("04-04 08:00")]  # opened, and accepted in the evening


def test_what_waits_for_the_morning_after_the_end_is_not_said(out: Out) -> None:
    assert [row["why"] for row in out.rows("said") if row["about"] == [3]] == ["reply"]


def test_silence_closes(out: Out) -> None:
    (closing,) = (row for row in out.rows("events") if row["step"] == "silence")
    assert (closing["at"], closing["ticket"]) == (on("04-10 17:30"), 1)
    assert (closing["by"], closing["to"], closing["message"]) == ("clock", "closed", None)


def test_a_refused_step_leaves_a_notice_to_whoever_tried(out: Out) -> None:
    refused = [row for row in out.rows("notices") if row["level"] == "refused"]
    assert [(row["to"], row["ticket"]) for row in refused] == [
        # of a ticket that somebody may not see there is no word
        ("c1", 1), ("zhang", 1), ("c1", None), ("c1", None), ("h1", None), ("c1", 2),
    ]  # fmt: skip
    assert [row["at"] for row in refused] == [line["at"] for line in REFUSED]


async def test_a_refused_step_changes_nothing(out: Out, tmp_path: Path) -> None:
    without = await replayed(tmp_path, [line for line in STORY if line not in REFUSED])
    for name in ("tickets.jsonl", "said.jsonl", "events.jsonl", "figures.json"):
        assert without.bytes()[name] == out.bytes()[name]


def test_a_step_may_name_the_message_that_opened_the_ticket(out: Out) -> None:
    ticket = out.rows("tickets")[2]
    assert (ticket["messages"], ticket["status"]) == (["m6"], "accepted")
    assert ticket["accepted_at"] == on("04-11 22:00")


@pytest.mark.parametrize(
    ("until", "tickets", "spoken", "status"),
    [
        (on("04-03 09:11"), 0, 0, None),
        ("2023-04-04T07:59:59+08:00", 2, 3, "accepted"),
        ("2023-04-04T00:00:00Z", 2, 4, "accepted"),
        ("2023-04-10T17:29:59+08:00", 2, 5, "resolved"),
        (on("04-10 17:30"), 2, 6, "closed"),
        (on("04-12 08:00"), 3, 8, "closed"),
    ],
)
async def test_the_clock_stops_where_it_is_told(
    tmp_path: Path, until: str, tickets: int, spoken: int, status: str | None
) -> None:
    found = await replayed(tmp_path, STORY, until=until)
    statuses = [ticket["status"] for ticket in found.rows("tickets")]
    answers = [row for row in found.rows("said") if row["why"] in ("reply", "notice")]
    assert (len(statuses), len(answers)) == (tickets, spoken)
    assert statuses[:1] == ([status] if status else [])


async def test_nothing_happened_is_a_history_too(tmp_path: Path) -> None:
    found = await replayed(tmp_path, [])
    assert [found.rows(name) for name in ("tickets", "said", "notices", "events")] == [[]] * 4
    assert found.figures["all"]["close_out_rate"] == "—"


async def test_a_message_without_parse_is_read_by_the_keywords(tmp_path: Path) -> None:
    bare = {name: LAMP[name] for name in LAMP if name != "parse"}
    (ticket,) = (await replayed(tmp_path, [bare])).rows("tickets")
    assert (ticket["category"], ticket["address"]) == ("traffic", "栗雨工业园新马路")


async def test_a_number_that_no_ticket_can_have_is_refused(tmp_path: Path) -> None:
    into = step("04-03 09:30", "c1", 1, "merge", into=10**12)
    far = step("04-03 09:30", "c1", 10**12, "merge", into=1)
    found = await replayed(tmp_path, [LAMP, into, far])
    refused = [row["ticket"] for row in found.rows("notices") if row["level"] == "refused"]
    assert refused == [1, None]


async def test_what_no_database_keeps_is_taken_out_of_words(tmp_path: Path) -> None:
    nul = {**LAMP, "name": "张\0三", "parse": {**LAMP["parse"], "entities": []}}
    found = await replayed(tmp_path, [{**nul, "text": f"{REPORT}\0", "quote": "m\0"}])
    assert [ticket["text"] for ticket in found.rows("tickets")] == [REPORT]


@pytest.mark.parametrize("until", ["morgen", "2023-04-30", "2023-04-30T18:00:00"])
async def test_an_end_that_is_no_moment_is_invalid(tmp_path: Path, until: str) -> None:
    with pytest.raises(Invalid, match="--until"):
        await replayed(tmp_path, [LAMP], until=until)
    assert not (tmp_path / "out").exists()


async def test_the_real_history_of_a_year_begins_well(tmp_path: Path) -> None:
    if not REAL.exists():
        pytest.skip(f"there is no {REAL.name} beside the checkout: real text is not ours to keep")
    with (REAL / "events.jsonl").open(encoding="utf-8") as file:
        lines = [json.loads(next(file)) for _ in range(60)]
    found = await replayed(tmp_path, lines, city=REAL / "city.yaml")
    tickets = found.rows("tickets")
    opened = {ticket["messages"][0] for ticket in tickets}
    assert len(tickets) > 10
    assert opened <= {line["id"] for line in lines}
    assert all(links(found.rows("events")))
