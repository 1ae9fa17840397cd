"""The limits of the small jurisdiction: round numbers of elapsed hours, so that a test can tell them by heart."""

from domain.calendar import hours
from domain.jurisdiction import Limits
from domain.words import DeadlineKind, Urgency

HOTLINE: Limits = {
    DeadlineKind.TRIAGE: hours(4),
    DeadlineKind.SIGN: hours(24),
    DeadlineKind.ANSWER_OBJECTION: hours(24),
    DeadlineKind.SIGN_RETURN: hours(24),
    DeadlineKind.ACKNOWLEDGE: hours(24),
    DeadlineKind.RESOLVE: hours(120),
    DeadlineKind.REVIEW: hours(48),
    DeadlineKind.VERDICT: hours(168),
    DeadlineKind.CLOSE: hours(48),
    DeadlineKind.RULING: hours(72),
    DeadlineKind.CONSENT: hours(48),
    DeadlineKind.LOOK_AGAIN: hours(240),
    DeadlineKind.ANSWER_ASSISTANCE: hours(24),
    DeadlineKind.ANSWER_WHISTLE: hours(24),
    DeadlineKind.REPORT_IN: hours(12),
    DeadlineKind.PROVIDER_ANSWER: hours(48),
}
URGENT: dict[Urgency, Limits] = {
    Urgency.URGENT: {DeadlineKind.TRIAGE: hours(2), DeadlineKind.RESOLVE: hours(48)},
    Urgency.CRITICAL: {DeadlineKind.TRIAGE: hours(1)},
}
"""Of the hotline. A critical case is resolved in the time of the matter."""

PETITION_WORK: Limits = {
    **HOTLINE,
    DeadlineKind.RESOLVE: hours(1440),
    DeadlineKind.ASK_APPEAL: hours(720),
    DeadlineKind.DECIDE_APPEAL: hours(720),
}
