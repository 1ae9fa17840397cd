"""What must hold of a case with a wall: design.md §3.6, reckoned from the accused downwards.

domain/firewall.py climbs from a body to what stands above it; here the wall is built from the accused to what stands
below, so that the same mistake is not made twice.
"""

from datetime import datetime

from domain import events as e
from domain.case import Case
from domain.holders import holding
from domain.words import ActorKind
from tests.domain.telling import Step, Story


def dispatchers(story: Story) -> set[str]:
    """Every body that has dispatched the case: the first one, and those that took its place."""
    found: set[str] = set()
    for event in story.events:
        body = event.body
        if isinstance(body, e.Registered | e.RemovedByFirewall):
            found.add(body.dispatcher)
        if isinstance(body, e.Succeeded) and body.by is not None and body.body in found:
            found.add(body.by)
    return found


def _behind_the_wall(story: Story, case: Case) -> set[str]:
    """Every body of the pack that the case is hidden from, reckoned downwards from the accused."""
    kinds = set(story.pack.policy.links["firewall"])  # type: ignore[index]
    behind = set(case.against)
    outside = {body.id for body in story.pack.bodies if body.level == "outside"}
    while True:
        found = {body.successor for body in story.pack.bodies if body.id in case.against and body.successor}
        found |= {
            body.id
            for body in story.pack.bodies
            for link in body.links
            if link.kind in kinds and link.to in behind - outside
        }
        if found <= behind:
            return behind
        behind |= {body for body in found if body}


def _barred_persons(story: Story, case: Case, at: datetime) -> set[str]:
    behind = _behind_the_wall(story, case)
    posts = [post for person in story.pack.people for post in person.posts]
    found = {
        post.person
        for post in posts
        if post.body in behind
        and post.valid_from <= at
        and (post.valid_to is None or post.valid_to > case.registered_at)
    }
    answering = case.lead or case.dispatcher
    first = story.events[0].actor.person
    if case.against and first is not None:
        acts = any(post.person == first and post.body == answering and post.held(at) for post in posts)
        found |= set() if acts else {first}
    steps_out = [
        event.body.person for event in story.events if isinstance(event.body, e.Recused | e.InterestDeclared)
    ]
    return found | {who for who in steps_out if who in {*case.recused, *case.interested}}


def no_case(step: Step) -> bool:
    """Whether the command was told that there is no such case."""
    return step.decision.refusal is not None and step.decision.refusal.rule == "case.unknown"


def nobody_behind_the_wall_acts(story: Story, step: Step) -> None:
    """§3.6: whoever is barred is told that there is no such case, and nothing happens; nobody else is told so."""
    actor, before = step.command.actor, step.before
    if before is None or actor.kind is not ActorKind.PERSON or step.command.type in {"register", "strike"}:
        return
    told = no_case(step)
    barred = actor.person in _barred_persons(story, before, step.at) or actor.body in _behind_the_wall(
        story, before
    )
    assert told == (barred and before.walled)
    if told:
        assert step.events == ()
        assert step.before == step.after


def nobody_behind_the_wall_has_a_part(story: Story) -> None:
    """§3.6: no accused body and none below holds, signs, rules, oversees, or is a rung."""
    case = story.case
    if not case.against:
        return
    behind = _behind_the_wall(story, case)
    parts: set[str | None] = {case.dispatcher, case.lead, case.last_lead, case.sender, case.registrar}
    parts |= {*case.overseers, *(rung.body for rung in case.rungs)}
    if case.proposal is not None:
        parts |= {case.proposal.to, case.proposal.by}
    if case.return_request is not None:
        parts |= {case.return_request.by, case.return_request.to}
    if case.ruling is not None:
        parts |= {case.ruling.body, *case.ruling.parties}
    for assistance in case.assistances:
        parts |= {assistance.body, assistance.by} if assistance.running else set()
    for call in case.calls:
        parts |= {call.body, call.by} if call.running else set()
    for ask in case.whistle_asks:
        parts |= {ask.by, ask.street, *ask.called}
    for commission in case.commissions:
        parts |= {commission.provider, commission.client} if commission.active else set()
    parts |= {*case.informed, case.appeal.organ if case.appeal else None}
    parts |= {deadline.body for deadline in case.deadlines}
    assert not parts & behind, f"behind the wall and not out of the case: {parts & behind}"
    now = holding(case)
    assert now is None or not {now.answering, now.charged_to} & behind


def without_the_removed(
    removed: e.RemovedByFirewall, lead: str | None, dispatcher: str, charge: str, to: str, *, exhausted: bool
) -> tuple[str | None, str, str]:
    """Lead, charge and whom it is charged to, once the wall has taken bodies away."""
    if not charge:
        return lead, charge, to
    if removed.to_triage:
        return None, "triage", removed.dispatcher
    if removed.organ is not None:
        return removed.organ, "working", removed.organ
    if exhausted and lead in removed.bodies:
        lead = None
    if charge == "in_dispute":
        return lead, charge, removed.ruling or removed.dispatcher
    return lead, charge, removed.dispatcher if to in {*removed.bodies, dispatcher} else to
