"""What the bot asked somebody and still waits for."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from storage.models import Message, Question


async def ask(session: AsyncSession, message: Message, action: str, at: datetime) -> None:
    """Remember the question that a message raised; a newer one takes the place of an older."""
    new = {"message_id": message.id, "action": action, "asked_at": at}
    row = insert(Question).values(group_id=message.group_id, member_id=message.sender_id, **new)
    await session.exec(
        row.on_conflict_do_update(index_elements=["group_id", "member_id"], set_=new)
    )


async def pending(
    session: AsyncSession, group_id: str, member_id: int, since: datetime
) -> Question | None:
    """The question asked of somebody in a group at or after `since`, or None."""
    question = await session.get(Question, (group_id, member_id))
    return question if question is not None and question.asked_at >= since else None


async def answered(session: AsyncSession, question: Question) -> None:
    """Forget a question."""
    await session.delete(question)
    await session.flush()
