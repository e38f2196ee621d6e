"""Where an installation keeps its things, and who may go there."""

import os
import pwd
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.embedded.folders import LONGEST_SOCKET, Folders, Held, Unusable, impassable, keep

NOBODY = pwd.getpwnam("nobody")
PASSABLE = 0o711 if os.geteuid() == 0 else 0o700


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_what_is_made_is_ours_alone_whatever_the_umask_says(house: Path, mask: int) -> None:
    with umask(mask):
        folders = Folders.at(house / "data")
        folders.secret("postgres")
    made = [mode(path) for path in sorted(folders.data.iterdir())]
    assert made == [0o700] * 5
    assert (mode(folders.data), mode(folders.sockets)) == (PASSABLE, PASSABLE)
    assert mode(folders.data / "secrets" / "postgres") == 0o600


@pytest.mark.parametrize("before", [0o700, 0o755, 0o770, 0o1777])
def test_folders_that_were_there_keep_their_permissions(house: Path, before: int) -> None:
    for folder in (house / "there", house / "there" / "data", house / "there" / "data" / "logs"):
        folder.mkdir()
        folder.chmod(before)
    Folders.at(house / "there" / "data")
    assert mode(house / "there") == before
    assert mode(house / "there" / "data") == before
    assert mode(house / "there" / "data" / "logs") == before


def test_a_secret_is_made_once(house: Path) -> None:
    first = Folders.at(house / "data").secret("valkey")
    assert len(first) >= 32
    assert Folders.at(house / "data").secret("valkey") == first
    assert Folders.at(house / "other").secret("valkey") != first


def test_a_file_that_was_readable_is_kept_from_others_when_written_anew(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    keep(path, "new")
    assert (path.read_text(), mode(path), [path]) == ("new", 0o600, list(tmp_path.iterdir()))


def test_sockets_have_a_short_path_however_long_the_data_s_is(house: Path) -> None:
    folders = Folders.at(house / ("长" * 40) / ("x" * 120))
    longest = folders.sockets / "pg" / ".s.PGSQL.5432.lock"
    assert len(os.fsencode(longest)) < LONGEST_SOCKET


def test_each_data_folder_has_sockets_of_its_own(house: Path) -> None:
    one, other = Folders.at(house / "one"), Folders.at(house / "other")
    assert one.sockets != other.sockets
    (house / "again").symlink_to(one.data)
    assert Folders.at(house / "again").sockets == one.sockets


@pytest.mark.parametrize("open_to", [0o777, 0o720, 0o702])
def test_a_socket_folder_that_others_may_write_to_is_refused(house: Path, open_to: int) -> None:
    sockets = Folders.at(house / "data").sockets
    sockets.chmod(open_to)
    with pytest.raises(Unusable, match=sockets.name):
        Folders.at(house / "data")


def test_a_socket_folder_that_leads_elsewhere_is_refused(house: Path) -> None:
    sockets = Folders.at(house / "data").sockets
    sockets.rmdir()
    sockets.symlink_to(house)
    try:
        with pytest.raises(Unusable, match=sockets.name):
            Folders.at(house / "data")
    finally:
        sockets.unlink()


def test_a_place_where_nothing_can_be_written_is_named(house: Path) -> None:
    (house / "file").write_text("")
    with pytest.raises(Unusable, match=str(house / "file" / "data")):
        Folders.at(house / "file" / "data")


def test_a_second_starter_is_told_who_holds_the_folder(house: Path) -> None:
    folders = Folders.at(house / "data")
    with folders.lock(), pytest.raises(Held, match=str(os.getpid())):
        folders.lock()
    folders.lock().close()


@pytest.mark.parametrize("closed", ["one", "one/two", "one/two/three"])
def test_the_folder_that_lets_nobody_through_is_named(house: Path, closed: str) -> None:
    inner = house / "one" / "two" / "three"
    inner.mkdir(parents=True)
    for folder in (house / "one", house / "one" / "two", inner):
        folder.chmod(0o711)
    assert impassable(inner, NOBODY) is None
    (house / closed).chmod(0o700)
    assert impassable(inner, NOBODY) == house / closed


def test_what_is_not_there_yet_stops_nobody(house: Path) -> None:
    assert impassable(house / "none" / "data", NOBODY) is None
