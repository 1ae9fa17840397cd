"""What must hold of the ladder: design.md §3.7."""

from domain import events as e
from domain.words import ActorKind, DeadlineKind
from tests.domain.laws_joint import JOINT
from tests.domain.telling import Story

D = DeadlineKind


def the_ladder_only_climbs(story: Story) -> None:
    """§3.7: one rung at a time, each straight above the last, from the body whose time it was; the top alerts."""
    bodies = {body.id: body for body in story.pack.bodies}
    here: dict[tuple[D, str | None], str] = {}
    for event in story.events:
        if isinstance(event.body, e.DeadlineMissed):
            about = event.body.charged_to if event.body.kind in JOINT else None
            here[event.body.kind, about] = event.body.charged_to
        if isinstance(event.body, e.Escalated | e.Alerted):
            assert event.actor.kind is ActorKind.CLOCK
            ladder = (event.body.cause, event.body.about)
            below = here[ladder]
            if story.case.walled:
                # The wall lets the ladder pass over bodies; that none of them is on it is a law of its own.
                here[ladder] = getattr(event.body, "to", below)
            elif isinstance(event.body, e.Alerted):
                assert event.body.body == below
            else:
                assert event.body.to in {link.to for link in bodies[below].links}, "a rung was skipped"
                here[ladder] = event.body.to
