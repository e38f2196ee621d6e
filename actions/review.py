"""待审: what nobody is sure of is for people to judge; rules, section 5."""

from actions.base import Context
from actions.render import render
from storage import people, posts, reviews

#: A guess that inspectors alone may see.
MISCONDUCT = "report_misconduct"


async def keep(context: Context, why: str) -> None:
    """Put a message on the review list with the best guess, and say nothing in the group."""
    guess, message = context.parse, context.message
    context.acted("review")
    await reviews.add(context.session, message, why, context.now)
    role = "inspector" if guess.intent.name == MISCONDUCT else "coordinator"
    text = render(
        "notice_review", who=message.name, group=context.group.name, text=message.text,
        intent=guess.intent.name, category=guess.category.name if guess.category else None,
    )  # fmt: skip
    await posts.tell(
        context.session,
        await people.with_role(context.session, role),
        level="review",
        text=text,
        at=context.now,
        not_before=context.clock.speak(context.now),
    )
