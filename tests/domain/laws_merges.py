"""What must hold of cases that belong together, beside the laws of a single one (laws.py): design.md §3.1, §3.10."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import pairwise

from domain import events as e
from domain.holders import follow, tile
from domain.words import Charge, State
from tests.domain.laws import D, states
from tests.domain.telling import Step, Story


def one_step(story: Story, step: Step) -> None:
    """The laws of a single command."""
    merging_touches_nothing_else(step)
    nobody_follows_a_follower(story, step)


def merging_touches_nothing_else(step: Step) -> None:
    """§3.10: merging is no ending; unmerged, the case stands where it stood, and the resident's clock never stopped."""
    for event, before, after in states(step):
        kept = {
            "lead",
            "sender",
            "stage",
            "proposal",
            "matter",
            "rungs",
            "episode",
            "handlers",
            "ending",
            "designated",
        }
        if isinstance(event.body, e.Merged | e.Unmerged):
            assert before.model_dump(include=kept) == after.model_dump(include=kept)
        if isinstance(event.body, e.Merged):
            assert before.state in {State.TRIAGE, State.WORKING}
            assert after.deadlines == ()
        if isinstance(event.body, e.Unmerged):
            assert before.merged is not None
            stood_still = event.at - before.merged.at
            assert len(after.deadlines) == len(before.merged.suspended)
            for old, new in zip(before.merged.suspended, after.deadlines, strict=True):
                moved = timedelta() if D.RESOLVE in {old.kind, old.cause} else stood_still
                assert new.due - old.due == moved, f"the clock {old.id} moved by {new.due - old.due}"


def nobody_follows_a_follower(story: Story, step: Step) -> None:
    """§3.10 and issue 4: no chains, no rings, one procedure, one matter; each resident is asked."""
    merged = story.current.merged if story.current else None
    others = {other.number: other for other in story.among if other.current is not None}
    for event in step.events:
        if isinstance(event.body, e.Merged):
            assert merged is not None
            parent = others[event.body.parent_number].case
            assert parent.merged is None
            assert parent.id != story.case.id
            assert parent.ending is None
            assert parent.procedure is story.case.procedure
            assert story.case.matter in {None, parent.matter}
            assert not any(story.is_parent_of(other) for other in others.values())
        if isinstance(event.body, e.AnsweredWithParent):
            asked = [deadline.kind for deadline in story.case.deadlines]
            assert asked == [D.VERDICT]
            assert story.case.reply is not None
            told = others[event.body.parent_number].events[story.case.reply.version - 1]
            assert isinstance(told.body, e.Resolved | e.AnsweredAtIntake)


def a_family_adds_up(child: Story, parents: Iterable[Story], as_of: datetime) -> None:
    """§3.1 for a case that follows others: still one body and one charge at every instant, and those of the parent."""
    own = tile(child.events, as_of)
    theirs = {parent.case.id: tile(parent.events, as_of) for parent in parents if parent.current is not None}
    told = follow(own, theirs)
    assert all(left.end == right.start for left, right in pairwise(told) if left.episode == right.episode)
    assert sum((row.end - row.start for row in told), timedelta()) == sum(
        (row.end - row.start for row in own), timedelta()
    )
    for row in told:
        assert (row.charge is Charge.FOLLOWS_PARENT) == (row.follows is not None)
        if row.follows is None:
            continue
        over = [each for each in theirs[row.follows] if each.start < row.end and row.start < each.end]
        assert all((row.answering, row.charged_to) == (each.answering, each.charged_to) for each in over)
