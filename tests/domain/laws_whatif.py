"""The law of what-if: under the same pack every life is lived again, event by event."""

from collections.abc import Sequence

from domain import events as e
from domain.given import Given
from domain.glance import Glance
from domain.whatif import compare, live_again, whole
from tests.domain.telling import Step, Story


def givens(steps: Sequence[Step]) -> list[Given]:
    """The commands that had events, as the ledger tells of them."""
    return [
        Given(type=step.command.type, refused=step.decision.refusal is not None, events=step.events)
        for step in steps
        if step.events
    ]


def is_lived_again(story: Story, steps: Sequence[Step]) -> None:
    """Under its own pack the story is the same. Stories tied to another case are left out: that one has moved on."""
    tied = (e.Linked, e.Merged, e.AnsweredWithParent)
    if any(isinstance(event.body, tied) for event in story.events):
        return

    def glimpse(_number: str, _at: object) -> Glance | None:
        return None

    told = {(event.version, event.at, event.command) for event in story.events}
    own = [
        step for step in steps if all((each.version, each.at, each.command) in told for each in step.events)
    ]
    until = story.events[-1].at if story.down else story.now
    again = compare(
        story.number, story.events, live_again(givens(own), whole(story.pack, story.now), glimpse, until)
    )
    assert again.same, again
