"""What bytes are, by themselves; and how files are called that come from outside."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import contents
from bot.contents import KINDS, LONGEST, OLE, named, sized, type_of
from tests.demo_media import DUSK, PDF, wav

OFFICE = "application/vnd.openxmlformats-officedocument"


def archive(*names: str) -> bytes:
    """A ZIP with files of these names."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return made.getvalue()


def stored(name: str) -> bytes:
    """As an older office program writes it."""
    return OLE + bytes(504) + name.encode("utf-16-le") + bytes(64)


@pytest.mark.parametrize(
    ("content", "type_"),
    [
        (DUSK, "image/png"),
        (bytes.fromhex("ffd8ffe000104a46494600010100000100010000"), "image/jpeg"),
        (b"\xff\xd8\xff\xe1\x00\x18Exif\0\0", "image/jpeg"),
        (b"GIF87a\x01\0\x01\0", "image/gif"), (b"GIF89a\x01\0\x01\0", "image/gif"),
        (b"RIFF\x10\0\0\0WEBPVP8X", "image/webp"),
        (wav(), "audio/wav"),
        (b"#!AMR\n\x3c\x91", "audio/amr"), (b"#!AMR-WB\n\x04", "audio/amr"),
        (b"#!SILK_V3\x0c\0", "audio/silk"), (b"\x02#!SILK_V3\x0c\0", "audio/silk"),
        (b"ID3\x03\0\0\0\0\0\x0a", "audio/mpeg"), (b"\xff\xfb\x90\x64\0", "audio/mpeg"),
        (b"\xff\xf3\x40\xc4\0", "audio/mpeg"),
        (b"OggS\0\2" + bytes(20) + b"OpusHead", "audio/ogg"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42", "video/mp4"),
        (b"\0\0\0\x18ftypiso6\0\0\0\0iso6", "video/mp4"),
        (b"\0\0\0\x1cftypM4A \0\0\0\0M4A ", "audio/mp4"),
        (PDF, "application/pdf"),
        (archive("灯.txt"), "application/zip"),
        (archive("[Content_Types].xml", "word/document.xml"),
         f"{OFFICE}.wordprocessingml.document"),
        (archive("[Content_Types].xml", "xl/workbook.xml"), f"{OFFICE}.spreadsheetml.sheet"),
        (archive("[Content_Types].xml", "ppt/presentation.xml"),
         f"{OFFICE}.presentationml.presentation"),
        (archive("OFD.xml", "Doc_0/Document.xml"), "application/ofd"),
        (stored("WordDocument"), "application/msword"),
        (stored("Workbook"), "application/vnd.ms-excel"),
        (stored("PowerPoint Document"), "application/vnd.ms-powerpoint"),
        ("路灯不亮,\n已经一周".encode(), "text/plain"),
        ("\ufeff编号,内容\r\n1,路灯".encode(), "text/plain"),
        ("编号,内容\r\n1,路灯".encode("gb18030"), "text/plain"),
    ],
)  # fmt: skip
def test_what_is_kept_is_known_by_its_content(content: bytes, type_: str) -> None:
    assert type_of(content) == type_
    assert type_ in KINDS


@pytest.mark.parametrize(
    "content",
    [
        b"", b"   \n", b"\0" * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\xef\xbb\xbf  <?xml version='1.0'?><svg/>", b"<!DOCTYPE html><script>alert(1)</script>",
        b"\n\n<html>", "<b>您好".encode("gb18030"), b"#!/bin/sh\nrm -r /", b"{\\rtf1 hello}",
        b"%!PS-Adobe-3.0", b"MZ\x90\0\3" + bytes(60), b"\x7fELF\2\1\1" + bytes(20),
        bytes.fromhex("cafebabe00000034"), b"Rar!\x1a\x07\0", b"\x1f\x8b\x08\0",
        b"RIFF\x10\0\0\0AVI LIST", b"RIFF\x10\0\0\0CDR8", b"RIFF\1\0\0\0",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1", b"\0\0\0\x14ftypqt  \0\0\0\0",
        stored("Property of an installer"), bytes.fromhex("1a45dfa3") + b"matroska",
        b"BM\x36\0\0\0\0\0", "您好\x1b[31m".encode(),
    ],
)  # fmt: skip
def test_all_else_is_not_kept(content: bytes) -> None:
    assert type_of(content) is None


@given(st.binary(max_size=200))
def test_no_bytes_are_a_failure_of_ours(content: bytes) -> None:
    assert type_of(content) in {None, *KINDS}


@pytest.mark.parametrize(
    ("name", "type_", "shown"),
    [
        ("灯.png", "image/png", "灯.png"), ("灯.PNG", "image/png", "灯.PNG"),
        (None, "image/png", "图片7.png"), ("", "audio/amr", "图片7.amr"),
        ("../../etc/passwd", "text/plain", "passwd.txt"),
        ("C:\\临时\\表.csv", "text/plain", "表.csv"),
        ("清单.pdf.exe", "application/pdf", "清单.pdf.exe.pdf"),
        ("页.html", "text/plain", "页.html.txt"), ("表.xlsm", "application/zip", "表.xlsm.zip"),
        ("灯\u202egnp.exe", "image/png", "灯gnp.exe.png"),
        ("一\r\n二\x00.png", "image/png", "一 二.png"),
        ('a"b<c>|d?*:.pdf', "application/pdf", "a_b_c__d___.pdf"),
        ("...", "image/gif", "图片7.gif"),
        ("/", "image/gif", "图片7.gif"), (".png", "image/png", "png.png"),
        ("长" * 300 + ".jpeg", "image/jpeg", "长" * (LONGEST - 5) + ".jpeg"),
        ("函.wps", "application/msword", "函.wps"),
    ],
)  # fmt: skip
def test_a_name_from_outside_is_harmless_and_true(name: str | None, type_: str, shown: str) -> None:
    assert named(name, type_, "图片7") == shown


@given(st.text(max_size=300), st.sampled_from(sorted(KINDS)))
def test_every_name_is_one_line_and_ends_as_its_content(name: str, type_: str) -> None:
    shown = named(name, type_, "文件")
    assert shown.lower().endswith(KINDS[type_].endings)
    assert len(shown) <= LONGEST
    assert not set(shown) & set('/\\\r\n\0"<>|?*:')


def test_a_size_is_told_as_people_say_it() -> None:
    sizes = (75, 2048, contents.LARGEST)
    assert [sized(size) for size in sizes] == ["75 字节", "2 KB", "20.0 MB"]
