"""What if: the same pack changes nothing, and another one changes what can be reckoned by hand."""

from collections.abc import Callable, Sequence

import pytest

from domain.given import command_of
from domain.glance import Glance
from domain.jurisdiction import Pack
from domain.whatif import Comparison, compare, live_again, whole
from domain.words import DeadlineKind, Procedure
from tests import small
from tests.domain import stories, world
from tests.domain.laws_whatif import givens
from tests.domain.telling import Step, Story


class Watched:
    """Gathers the steps of a story."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def __call__(self, _: Story, step: Step) -> None:
        self.steps.append(step)


def under(pack: Pack, story: Story, steps: Sequence[Step]) -> Comparison:
    """The story lived again under a pack."""

    def glimpse(_number: str, _at: object) -> Glance | None:
        return None

    life = live_again(givens(steps), whole(pack, story.now), glimpse, story.now)
    return compare(story.number, story.events, life)


@pytest.mark.parametrize("name", stories.TWELVE)
def test_the_same_pack_changes_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watched = Watched()
    told: Callable[..., Story] = Story
    monkeypatch.setattr(stories, "Story", lambda *args, **fields: told(*args, watch=watched, **fields))
    story = stories.TWELVE[name]()
    again = under(story.pack, story, watched.steps)
    assert again.same, again


def _case(sign_after: float, resolve_after: float) -> tuple[Story, list[Step]]:
    watched = Watched()
    story = Story(watch=watched).register(matter=small.HOUSING_MATTER).propose(small.HOUSING)
    story.wait(hours=sign_after).sign().wait(hours=resolve_after - sign_after)
    return story.resolve(), watched.steps


def _stricter() -> Pack:
    """The desk has 10 hours to sign instead of 24, and the case 48 hours to be settled instead of 120."""
    limits = {procedure: dict(rows) for procedure, rows in world.PACK.policy.limits.items()}
    hotline = limits[Procedure.HOTLINE]
    limits[Procedure.HOTLINE] = {
        **hotline,
        DeadlineKind.SIGN: hotline[DeadlineKind.SIGN].model_copy(update={"amount": 10}),
        DeadlineKind.RESOLVE: hotline[DeadlineKind.RESOLVE].model_copy(update={"amount": 48}),
    }
    return world.with_policy(world.PACK, limits=limits)


BY_HAND: dict[tuple[float, float], tuple[tuple[int, int], tuple[int, int], int | None]] = {
    # (signed, resolved) in hours: (breaches, escalations) then, the same now, diverged at event
    #
    # The ladder climbs at the due instant and every 24 hours: to the district, to the city; then it only alerts.
    # Due now: 48, so it climbs at 48 and 72. Due then: 120, so it climbed at 120 and 144.
    (2, 10): ((0, 0), (0, 0), None),
    (2, 30): ((0, 0), (0, 0), None),
    (2, 47): ((0, 0), (0, 0), None),
    (2, 49): ((0, 0), (1, 1), None),
    (2, 60): ((0, 0), (1, 1), None),
    (2, 71): ((0, 0), (1, 1), None),
    (2, 73): ((0, 0), (1, 2), None),
    (2, 90): ((0, 0), (1, 2), None),
    (2, 97): ((0, 0), (1, 2), None),
    (2, 119): ((0, 0), (1, 2), None),
    (2, 121): ((1, 1), (1, 2), None),
    (2, 130): ((1, 1), (1, 2), None),
    (2, 145): ((1, 2), (1, 2), None),
    (2, 169): ((1, 2), (1, 2), None),
    (2, 193): ((1, 2), (1, 2), None),
    # Silence of 10 hours is a signature now, so the one of the 12th hour is one too many: its event was the third.
    (12, 20): ((0, 0), (0, 0), 3),
    (12, 60): ((0, 0), (0, 0), 3),
    (12, 125): ((0, 0), (0, 0), 3),
    (9, 48): ((0, 0), (1, 1), None),
    (9, 72): ((0, 0), (1, 2), None),
}


@pytest.mark.parametrize("hours", BY_HAND)
def test_a_stricter_pack_gives_what_was_reckoned_by_hand(hours: tuple[float, float]) -> None:
    found = under(_stricter(), *_case(*hours))
    diverged = found.diverged.event if found.diverged else None
    then, now = found.before, found.after
    assert ((then.breaches, then.escalations), (now.breaches, now.escalations), diverged) == BY_HAND[hours]


def test_another_catalogue_lands_cases_elsewhere() -> None:
    matters = {matter.id: matter for matter in world.PACK.matters}
    lead = matters[small.PUSHED_DOWN_MATTER].lead
    moved = matters[small.HOUSING_MATTER].model_copy(update={"lead": lead})
    pack = world.PACK.model_copy(update={"matters": tuple({**matters, moved.id: moved}.values())})
    watched = Watched()
    story = Story(watch=watched).register(matter=small.HOUSING_MATTER, place=small.COMMUNITY)
    found = under(pack, story, watched.steps)
    assert (found.before.routed, found.after.routed) == (small.HOUSING, small.CIVIL_AFFAIRS)
    assert not found.same


def test_a_body_that_is_not_in_the_other_pack_is_told() -> None:
    story, steps = _case(2, 10)
    found = under(world.without_bodies(small.HOUSING), story, steps)
    assert found.diverged is not None
    assert (found.diverged.event, found.diverged.command) == (2, "propose")


def test_a_command_is_given_back_by_its_events() -> None:
    _, steps = _case(2, 10)
    for step, given in zip([step for step in steps if step.events], givens(steps), strict=True):
        again = command_of(given)
        assert again.model_dump(exclude={"personal", "number"}) == step.command.model_dump(
            exclude={"personal", "number"}
        )
