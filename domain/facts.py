"""Facts: the slice of the jurisdiction that a decision reads, with the version it was cut from.

Facts are fetched by an activity, never taken from a worker's memory, and the append refuses them when a newer version
of the pack has been loaded, so that the command is decided again (design.md §4). ``Needs`` says what to fetch; bodies
come with everything above them, over links of every kind, and with their successors.

A case with a wall asks for more (``Needs.staff``): whoever acts for any of these bodies, with all the hats that he wears
or wore, and the dispatching bodies of the divisions asked for.
"""

from uuid import UUID

from pydantic import Field

from domain.base import BodyId, Frozen, Instant, Interval, MatterId, PersonId, PlaceCode
from domain.calendar import Calendar, around_the_clock
from domain.errors import FactMissing
from domain.glance import Glance
from domain.jurisdiction import (
    Body,
    Contract,
    ContractId,
    Dispatch,
    Matter,
    Place,
    Policy,
    Post,
    Provider,
)
from domain.words import Procedure, Role


class Needs(Frozen):
    """What a decision wants to know.

    ``cases`` are the numbers of cases to glance at. ``reporter`` is the compartment row of a registration: earlier cases
    of the same reporter are wanted.
    """

    bodies: frozenset[BodyId] = frozenset()
    people: frozenset[PersonId] = frozenset()
    matters: frozenset[MatterId] = frozenset()
    places: frozenset[PlaceCode] = frozenset()
    cases: frozenset[str] = frozenset()
    contracts: frozenset[ContractId] = frozenset()
    reporter: UUID | None = None
    staff: bool = False


class Facts(Frozen):
    """What is known of the organisation, at one version of the pack.

    ``asked`` is what was looked up: an id that was asked for and is not in the maps does not exist. ``posts`` holds
    every post of every asked-for person and of every asked-for body. ``places`` comes with the places above,
    and with the bodies there that may whistle or ask for it.
    ``contracts`` come with their providers and the bodies of these.
    ``exhausted``: the asked-for cases, by number, whose way is at its end. That never changes back, so it has no version.
    ``cases`` is by number; ``earlier`` are the cases of the same reporter, the last one first. Both are newer than any
    version of the pack, so the append looks at them again.
    ``loaded_at`` is when that version of the pack became the newest one; None where nobody asked the ledger.
    ``other_rows`` are the other rows of bodies that have several, and ``served`` the stretches in which these persons held
    a post by an earlier version of the pack; both are empty unless the staff was asked for.
    """

    pack: str
    version: int
    asked: Needs
    bodies: dict[BodyId, Body] = Field(default_factory=dict[BodyId, Body])
    other_rows: tuple[Body, ...] = ()
    posts: tuple[Post, ...] = ()
    served: tuple[Post, ...] = ()
    matters: dict[MatterId, Matter] = Field(default_factory=dict[MatterId, Matter])
    places: dict[PlaceCode, Place] = Field(default_factory=dict[PlaceCode, Place])
    dispatch: tuple[Dispatch, ...] = ()
    exhausted: frozenset[str] = frozenset()
    contracts: dict[ContractId, Contract] = Field(default_factory=dict[ContractId, Contract])
    providers: dict[BodyId, Provider] = Field(default_factory=dict[BodyId, Provider])
    policy: Policy
    calendar: Calendar = around_the_clock()
    loaded_at: Instant | None = None
    cases: dict[str, Glance] = Field(default_factory=dict[str, Glance])
    earlier: tuple[Glance, ...] = ()

    def covers(self, needs: Needs) -> bool:
        """Whether everything in ``needs`` was already looked up."""
        return (
            needs.bodies <= self.asked.bodies
            and needs.people <= self.asked.people
            and needs.matters <= self.asked.matters
            and needs.places <= self.asked.places
            and needs.cases <= self.asked.cases
            and needs.contracts <= self.asked.contracts
            and needs.reporter in {None, self.asked.reporter}
            and needs.staff <= self.asked.staff
        )

    def body(self, body: BodyId) -> Body:
        """The body of that id. Raises FactMissing if it was not fetched: a bug in ``needs``, never bad input."""
        try:
            return self.bodies[body]
        except KeyError:
            raise FactMissing("body", body) from None

    def matter(self, matter: MatterId) -> Matter:
        """The matter of that id. Raises FactMissing if it was not fetched."""
        try:
            return self.matters[matter]
        except KeyError:
            raise FactMissing("matter", matter) from None

    def path(self, place: PlaceCode) -> tuple[PlaceCode, ...]:
        """The place and those above it, the nearest first. Raises FactMissing if the place was not fetched."""
        walked: list[PlaceCode] = []
        here: PlaceCode | None = place
        while here is not None and here not in walked:
            if here not in self.places:
                raise FactMissing("place", here)
            walked.append(here)
            here = self.places[here].parent
        return tuple(walked)

    def case(self, number: str) -> Glance:
        """A glance at the case of that number. Raises FactMissing if it was not fetched or does not exist."""
        try:
            return self.cases[number]
        except KeyError:
            raise FactMissing("case", number) from None

    def name(self, body: BodyId | None) -> str:
        """The name of a body for a sentence; its id if it is unknown."""
        if body is None:
            return "—"
        known = self.bodies.get(body)
        return known.name.zh if known else body

    def in_post(self, person: PersonId, body: BodyId, role: Role, at: Instant) -> bool:
        """Whether the person acts for the body under that hat at ``at``."""
        return any(
            post.person == person and post.body == body and post.role is role and post.held(at)
            for post in self.posts
        )

    def somebody_in_post(self, body: BodyId, roles: frozenset[Role], window: Interval) -> bool:
        """Whether at every instant of ``window`` somebody with one of ``roles`` was in post, not always the same."""
        covered = window.start
        posts = sorted(
            (post for post in self.posts if post.body == body and post.role in roles),
            key=lambda post: post.valid_from,
        )
        for post in posts:
            if post.valid_from > covered:
                break
            if post.valid_to is None or post.valid_to >= window.end:
                return True
            covered = max(covered, post.valid_to)
        return covered >= window.end

    def dispatcher(self, procedure: Procedure, division: PlaceCode) -> BodyId | None:
        """The dispatching body for a division: the row with the longest code that it starts with."""
        rows = [
            row for row in self.dispatch if row.procedure is procedure and division.startswith(row.division)
        ]
        return max(rows, key=lambda row: len(row.division)).body if rows else None
