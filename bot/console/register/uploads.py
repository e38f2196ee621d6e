"""Files that are put into a form."""

from starlette.datastructures import UploadFile

from bot.console.page import Visit


def plain(text: str) -> str:
    """A text as a form brings it back: its own line ends and outer white space are lost."""
    return text.replace("\r\n", "\n").strip()


async def uploaded(visit: Visit, largest: int) -> bytes | None:
    """The bytes of the file in the form, empty without one; None where it is too large."""
    file = (await visit.request.form()).get("file")
    if not isinstance(file, UploadFile):
        return b""
    content = await file.read(largest + 1)
    await file.close()
    return content if len(content) <= largest else None
