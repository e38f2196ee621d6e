"""What a picture, voice or file is, by its content alone; what else came is not kept.

A name or a type that somebody tells is never believed: what is served is of one of these types.
"""

from dataclasses import dataclass

from actions.render import HIDDEN

#: What is fetched from a platform has at most so many bytes.
LARGEST = 20 * 1024 * 1024
#: A name is shown and served in at most so many characters.
LONGEST = 100
#: What a name of a file can't have in it somewhere.
FORBIDDEN = str.maketrans(dict.fromkeys('<>:"|?*', "_"))

OFFICE = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of contents: how its files end, the usual ending first, and what shows it."""

    endings: tuple[str, ...]
    shown: str = "file"  # picture, sound: by every browser; file: it is downloaded


#: All that is kept.
KINDS: dict[str, Kind] = {
    "image/jpeg": Kind((".jpg", ".jpeg"), "picture"),
    "image/png": Kind((".png",), "picture"),
    "image/gif": Kind((".gif",), "picture"),
    "image/webp": Kind((".webp",), "picture"),
    "audio/mpeg": Kind((".mp3",), "sound"),
    "audio/wav": Kind((".wav",), "sound"),
    "audio/ogg": Kind((".ogg", ".oga", ".opus"), "sound"),
    "audio/mp4": Kind((".m4a",), "sound"),
    "audio/amr": Kind((".amr",)),  # what phones record; no browser plays these two
    "audio/silk": Kind((".silk",)),
    "video/mp4": Kind((".mp4", ".m4v", ".3gp")),
    "application/pdf": Kind((".pdf",)),
    "application/msword": Kind((".doc", ".wps")),
    "application/vnd.ms-excel": Kind((".xls", ".et")),
    "application/vnd.ms-powerpoint": Kind((".ppt", ".dps")),
    f"{OFFICE}.wordprocessingml.document": Kind((".docx",)),
    f"{OFFICE}.spreadsheetml.sheet": Kind((".xlsx",)),
    f"{OFFICE}.presentationml.presentation": Kind((".pptx",)),
    "application/ofd": Kind((".ofd",)),
    "application/zip": Kind((".zip",)),
    "text/plain": Kind((".txt", ".csv")),
}
PICTURES = frozenset(type_ for type_, kind in KINDS.items() if kind.shown == "picture")
#: How the files of a type begin: from where on, and with what. Silk: as WeChat and QQ write it.
BEGINNINGS = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"#!SILK_V3", "audio/silk"),
    (0, b"\x02#!SILK_V3", "audio/silk"),
    (0, b"OggS\0", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"%PDF-", "application/pdf"),
    (4, b"ftypM4A ", "audio/mp4"),
    *((4, b"ftyp" + brand, "video/mp4") for brand in (
        b"iso", b"mp4", b"avc1", b"M4V", b"MSNV", b"dash", b"f4v", b"3gp",
    )),
)  # fmt: skip
#: And those of RIFF, whose name stands after its length.
RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/wav"}
#: The first two bytes of a sound in MPEG layer III (ISO 11172-3, 2.4.1.3), without a head before.
LAYER_3 = tuple(bytes((0xFF, second)) for second in (0xFB, 0xFA, 0xF3, 0xF2, 0xE3, 0xE2))
ZIP, OLE = b"PK\x03\x04", bytes.fromhex("d0cf11e0a1b11ae1")
#: By what stands in an archive, and in the older format of office files.
ZIPPED = (
    (b"word/document.xml", f"{OFFICE}.wordprocessingml.document"),
    (b"xl/workbook.xml", f"{OFFICE}.spreadsheetml.sheet"),
    (b"ppt/presentation.xml", f"{OFFICE}.presentationml.presentation"),
    (b"OFD.xml", "application/ofd"),
)
STORED = (
    ("WordDocument", "application/msword"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
)
#: A text has none of these, and does not begin as a page, a drawing or a program does.
CONTROLS = frozenset(map(chr, (*range(9), 11, *range(14, 32), 127)))
MARKUP = ("<", "{\\rtf", "#!", "%!")


def type_of(content: bytes) -> str | None:
    """The type of these bytes, one of KINDS; None for what is not kept."""
    if content.startswith(ZIP):
        found = [type_ for name, type_ in ZIPPED if name in content]
        return found[0] if found else "application/zip"
    if content.startswith(OLE):
        stored = [type_ for name, type_ in STORED if name.encode("utf-16-le") in content]
        return stored[0] if stored else None
    return _by_beginning(content) or ("text/plain" if _is_text(content) else None)


def _by_beginning(content: bytes) -> str | None:
    if content.startswith(b"RIFF"):
        return RIFF.get(content[8:12])
    if content.startswith(LAYER_3):
        return "audio/mpeg"
    return next((to for at, begin, to in BEGINNINGS if content.startswith(begin, at)), None)


def _is_text(content: bytes) -> bool:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        words = text.strip()
        return bool(words) and CONTROLS.isdisjoint(text) and not words.startswith(MARKUP)
    return False


def named(name: str | None, type_: str, otherwise: str) -> str:
    """How a file of this type is called: harmless, one line, with an ending that is true."""
    last = HIDDEN.sub("", name or "").replace("\\", "/").rsplit("/", 1)[-1]
    plain = " ".join(last.translate(FORBIDDEN).split()).strip(". ") or otherwise
    endings = KINDS[type_].endings
    if not plain.lower().endswith(endings):
        plain += endings[0]
    stem, _, ending = plain.rpartition(".")
    return f"{stem[: LONGEST - len(ending) - 1]}.{ending}"


def sized(size: int) -> str:
    """How large something is, as people say it."""
    if size < 1024:
        return f"{size} 字节"
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"
