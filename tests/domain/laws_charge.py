"""Who answers and what an instant is charged to, reckoned a second time from the events alone: design.md §2."""

from collections.abc import Iterable
from typing import Any

from domain import events as e
from domain.holders import holding
from domain.words import State
from tests.domain.laws_firewall import without_the_removed
from tests.domain.telling import Story


def the_charge_is_the_one_of_the_table(story: Story) -> None:
    """§2: the answering body and the charge, reckoned a second time from the events alone."""
    now = holding(story.case)
    assert bool(now and now.follows) == (story.case.state is State.MERGED)
    assert (_row_of(now) if now else None) == _reckoned(story.events)


def _row_of(now: Any) -> tuple[str, str, str]:
    return now.answering, now.charge.value, now.charged_to


def _reckoned(events: Iterable[e.Recorded]) -> tuple[str, str, str] | None:  # noqa: C901, PLR0912
    lead: str | None = None
    stood = ("", "")
    exhausted = False
    dispatcher = charge = ""
    to: str | None = ""
    for event in events:
        match event.body:
            case e.Registered(dispatcher=body):
                dispatcher, charge, to = body, "triage", body
            case e.Proposed(to=body):
                charge, to = "in_transit", body
            case e.ProposalEnded() | e.Returned():
                lead, charge, to = None, "triage", dispatcher
            case e.Signed(lead=body) | e.DeemedSigned(lead=body) | e.Designated(lead=body):
                lead, charge, to = body, "working", body
            case e.ReturnRequested():
                charge, to = "in_transit", dispatcher
            case e.RulingOpened(body=body):
                charge, to = "in_dispute", body or dispatcher
            case e.Resolved() | e.VerdictRecorded() | e.VerdictLapsed():
                charge, to = "under_review", dispatcher
            case e.Reviewed() | e.AnsweredAtIntake():
                charge, to = "awaiting_verdict", dispatcher
            case e.SentBack() | e.RehandlingOrdered():
                charge, to = ("working", lead) if lead else ("triage", dispatcher)
            case e.Reopened(lead=body):
                lead = body
                charge, to = ("working", lead) if lead else ("triage", dispatcher)
            case e.Succeeded(body=body, by=str() as heir):
                dispatcher = heir if dispatcher == body else dispatcher
                lead, to = heir if lead == body else lead, heir if to == body else to
                stood = stood[0], heir if stood[1] == body else stood[1]
            case e.Merged():
                stood = (charge, to or "")
                charge, to = "follows_parent", lead or dispatcher
            case e.Unmerged():
                charge, to = stood
            case e.AnsweredWithParent(lead=body):
                lead, charge, to = body, "awaiting_verdict", dispatcher
            case e.Shelved():
                charge, to = "lawful_pause", lead
            case e.Unshelved():
                charge, to = "working", lead
            case e.AppealRequested(lead=body):
                lead, charge, to = body, "working", body
            case e.AppealDecided(outcome="revoked", lead=body):
                lead = body
                charge, to = ("working", lead) if lead else ("triage", dispatcher)
            case e.AppealDecided():
                charge, to = "awaiting_verdict", dispatcher
            case e.WayExhausted():
                exhausted = True
            case e.RemovedByFirewall() as removed:
                lead, charge, to = without_the_removed(
                    removed, lead, dispatcher, charge, to or "", exhausted=exhausted
                )
                dispatcher = removed.dispatcher
            case e.EndedAtIntake() | e.Closed() | e.Withdrawn() | e.NotAccepted() | e.Redirected():
                charge = ""
            case _:
                pass
    return (lead or dispatcher, charge, to or "") if charge else None
