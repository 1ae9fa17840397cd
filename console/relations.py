"""How each body stands to a case: lead, assisting, overseeing, whistled, commissioned, each with its state."""

from typing import Any

from domain.case import Case
from domain.deadlines import Deadline
from domain.words import DeadlineKind

Relation = dict[str, Any]
"""``relation``, ``body``, ``state``, and what else there is to say of it."""


def relations_view(case: Case) -> list[Relation]:
    """Every relation that a body has, or had, to the case; none of them but the lead answers for it."""
    found: list[Relation] = []
    if case.lead is not None:
        found.append({"relation": "lead", "body": case.lead, "state": "answers"})
    found += [
        {
            "relation": "assist",
            "body": each.body,
            "state": each.state.value,
            "by": each.by,
            "task": each.id,
            "funding": each.funding.value if each.funding else None,
            "until": each.until.isoformat() if each.until else None,
            "listed": each.listed,
            "late": _late(case, DeadlineKind.ANSWER_ASSISTANCE, each.body) and each.state == "asked",
        }
        for each in case.assistances
    ]
    found += [{"relation": "oversee", "body": body, "state": "oversees"} for body in case.overseers]
    found += [{"relation": "inform", "body": body, "state": "knows"} for body in case.informed]
    found += [
        {
            "relation": "whistled",
            "body": call.body,
            "state": call.state.value,
            "by": call.by,
            "reported_at": call.reported_at.isoformat() if call.reported_at else None,
            "late": _late(case, DeadlineKind.REPORT_IN, call.body) and call.state == "called",
        }
        for call in case.calls
    ]
    found += [
        {
            "relation": "commissioned",
            "body": each.provider,
            "state": each.state.value,
            "by": each.client,
            "contract": each.contract,
            "until": each.until.isoformat(),
            "question": each.open_question.link if each.open_question else None,
        }
        for each in case.commissions
    ]
    return found


def _late(case: Case, kind: DeadlineKind, body: str) -> bool:
    """Whether its clock has rung: the ladder that it started stands."""

    def rang(deadline: Deadline) -> bool:
        return deadline.cause is kind and deadline.body == body

    return any(map(rang, case.deadlines)) or any(
        rung.cause is kind and rung.about == body for rung in case.rungs
    )
