"""What must hold of joint work after every step: nobody waits in silence, and who is asked is rightly asked.

That none of it moves the lead or the charge is a law of laws.py, over all its events.
"""

from functools import cache
from typing import Any

from domain import events as e
from domain.words import DeadlineKind as D
from tests.domain.telling import Story

JOINT = frozenset(
    {D.ANSWER_ASSISTANCE, D.ASSISTANCE_END, D.ANSWER_WHISTLE, D.REPORT_IN, D.PROVIDER_ANSWER}
) | {D.COMMISSION_END}
"""Clocks of one body each, beside the case's own."""


def whole(story: Story) -> None:
    """The laws of all joint work so far."""
    nobody_beside_the_lead_waits_in_silence(story)
    helpers_are_rightly_asked(story)
    each_scores_once(story)


def lead_after(body: e.AnyEvent, lead: str | None) -> str | None:
    """Who leads after the event, by the event alone."""
    if isinstance(body, e.Succeeded):
        return body.by if body.body == lead and body.by else lead
    return body.lead if "lead" in type(body).model_fields else lead  # pyright: ignore[reportAttributeAccessIssue]


def nobody_beside_the_lead_waits_in_silence(story: Story) -> None:
    """Everything that is asked of one body has its own clock, or the ladder after it; nothing else of theirs runs."""
    case = story.case
    due = {(deadline.cause or deadline.kind, deadline.body) for deadline in case.deadlines if deadline.body}
    owed = {(D.ANSWER_ASSISTANCE, each.body) for each in case.assistances if each.state == "asked"}
    owed |= {(D.ASSISTANCE_END, each.body) for each in case.assistances if each.running and each.until}
    owed |= {(D.ANSWER_WHISTLE, ask.street) for ask in case.whistle_asks}
    owed |= {(D.REPORT_IN, call.body) for call in case.calls if call.state == "called"}
    owed |= {(D.COMMISSION_END, each.provider) for each in case.commissions if each.active}
    owed |= {(D.PROVIDER_ANSWER, each.provider) for each in case.commissions if each.open_question}
    told = {(rung.cause, rung.about) for rung in case.rungs if rung.about}
    assert due <= owed
    assert owed - due <= told, "neither a clock nor a ladder that has come to its top"
    assert told <= owed
    assert {kind for kind, _ in due} <= JOINT


def helpers_are_rightly_asked(story: Story) -> None:
    """§1, §3.5: no lead assists itself; a community body has funds and an end; a commission has its contract in force."""
    bodies = {body.id: body for body in story.pack.bodies}
    contracts = {contract.id: contract for contract in story.pack.contracts}
    matters = {matter.id: matter for matter in story.pack.matters}
    matter: str | None = None
    lead: str | None = None
    for event in story.events:
        body = event.body
        matter = body.matter if isinstance(body, e.Registered | e.Triaged | e.Recategorised) else matter
        lead = None if isinstance(body, e.Returned) else lead_after(body, lead)
        if isinstance(body, e.AssistanceAsked) and bodies[body.asked].level == "community":
            assert bodies[body.asked].kind == "volunteer_team" or (body.funding and body.until)
            assert bodies[body.asked].kind == "volunteer_team" or _carried(matters[matter or ""])
        if isinstance(body, e.AssistanceAsked):
            assert body.asked != lead
        if isinstance(body, e.Whistled):
            assert all(bodies[called].level != "community" for called in body.called)
        if isinstance(body, e.Commissioned):
            contract = contracts[body.contract]
            assert contract.in_force(event.at)
            assert (contract.client, matter in contract.matters) == (lead, True)
    assert all(each.body != story.case.lead for each in story.case.assisting)


def _carried(matter: Any) -> bool:
    return matter.duty in {"basic", "cooperating"} or matter.lead.level == "community"


def each_scores_once(story: Story) -> None:
    """Scores come once from each of the two of a whistle, and none before the report-in or the standing down."""
    given = [(each.whistle, each.by, each.scored) for each in story.all(e.Scored)]
    assert len(given) == len(set(given))
    for whistle, by, scored in given:
        pairs = {(call.by, call.body) for call in story.case.calls if call.whistle == whistle}
        assert (by, scored) in pairs or (scored, by) in pairs


@cache
def _clock_fields(kind: type[e.EventBody]) -> tuple[str, ...]:
    return tuple(
        name for name in ("deadline", "resolve", "window", "end", "deadlines") if name in kind.model_fields
    )


def deadlines(body: e.AnyEvent) -> list[Any]:
    """The clocks that an event sets."""
    values = [getattr(body, name) for name in _clock_fields(type(body))]
    return [
        each
        for value in values
        for each in (value if isinstance(value, tuple) else (value,))
        if hasattr(each, "due")
    ]
