"""The three instances of a petition (信访三级程序): written opinion, review (复查), final review (复核).

    opinion delivered ─ 30 days ─▶ review asked ─ 30 days ─▶ decided ─ 30 days ─▶ final review asked ─▶ decided: exhausted
                                      └─▶ revoked: the handling body draws up a new opinion, and the way is open anew

A window to ask runs from the delivery of the opinion; the organ above has its own clock to decide, and leads meanwhile
(design.md §3.2: petition review). After a final review that upholds or changes, the same facts and grounds are not
accepted again. The window also outlives a closing: who asks within it opens a new episode.

The organ above is the superior by leading, which is what 上一级机关 means; where a body has none (a street only guides a
residents' committee) the next of the ladder, and above the top rung the outside organ. Hearing time will not count
towards the organ's thirty days; that belongs to the pauses of the clocks.

Sources: 信访工作条例 Arts 32, 34, 35, 36. That a revoked opinion is drawn up anew by the body that handled the case, and by
whom a lapse is stated, is the practice of local rules (阿坝州复查复核办法 Arts 11, 17).
"""

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Case, Opinion
from domain.clocks import clock
from domain.commands import DecideAppeal, RequestFinalReview, RequestReview, Resolve
from domain.deadlines import Deadline, Term
from domain.decision import Decision, record, refuse
from domain.events import AnyEvent
from domain.facts import Facts
from domain.firewall import standing_unbarred, superiors_let_through
from domain.rules import Rule
from domain.standing import standing
from domain.states import EXHAUSTED
from domain.words import (
    ActorKind,
    AppealOutcome,
    DeadlineKind,
    Ending,
    Exceptional,
    Instance,
    LinkUse,
    Procedure,
)

OPINION_TEXTS = ("demand", "finding", "reply", "ground")
"""What a written opinion has to say (Art 32): the request, facts and reasons, the opinion, its legal basis."""

_BEFORE = {Instance.REVIEW: Instance.HANDLING, Instance.FINAL_REVIEW: Instance.REVIEW}
"""Which opinion each instance looks at."""


def opinion_wanting(case: Case, command: Resolve, at: Instant) -> Decision | None:
    """Why what the lead reports is not the opinion that the procedure asks for; None if it is.

    Refuses: OPINION_INCOMPLETE, OPINION_ONLY_FOR_PETITIONS, DELIVERED_WRONGLY.
    """
    parts = (command.judgement, command.delivered_at, command.told_by)
    if case.procedure is not Procedure.PETITION:
        return None if parts == (None, None, None) else refuse(OPINION_ONLY_FOR_PETITIONS)
    written = command.personal.fields if command.personal else ()
    missing = [name for name in OPINION_TEXTS if name not in written]
    missing += [name for name in ("judgement", "delivered_at", "told_by") if getattr(command, name) is None]
    if missing or command.delivered_at is None:
        return refuse(OPINION_INCOMPLETE, fields=", ".join(missing))
    return delivered_wrongly(command.delivered_at, case.lead_since or case.episode_at, at)


def delivered_wrongly(delivered: Instant, since: Instant, at: Instant) -> Decision | None:
    """Why an opinion cannot have been delivered then. Refuses: DELIVERED_WRONGLY."""
    if since <= delivered <= at:
        return None
    return refuse(DELIVERED_WRONGLY, delivered=delivered.isoformat(), since=since.isoformat())


def window(case: Case, facts: Facts, delivered: Instant, *, after: int = 1) -> Deadline:
    """The time in which the next instance can be asked, from the delivery of the opinion."""
    return clock(DeadlineKind.ASK_APPEAL, case, facts, delivered, after=after)


def request_review(case: Case, command: RequestReview, facts: Facts, at: Instant) -> Decision:
    """The organ above the one that handled the case is asked for a review, and leads until it has decided.

    Refuses: NO_OPINION_TO_REVIEW, ASKED_WRONGLY, APPEAL_TOO_LATE, NO_ORGAN_ABOVE, EXHAUSTED.
    """
    return _request(case, command, Instance.REVIEW, facts, at)


def request_final_review(case: Case, command: RequestFinalReview, facts: Facts, at: Instant) -> Decision:
    """The organ above the reviewing one is asked for the final review, and leads until it has decided.

    Refuses: NO_OPINION_TO_REVIEW, ASKED_WRONGLY, APPEAL_TOO_LATE, NO_ORGAN_ABOVE, EXHAUSTED.
    """
    return _request(case, command, Instance.FINAL_REVIEW, facts, at)


def _request(
    case: Case, command: RequestReview | RequestFinalReview, instance: Instance, facts: Facts, at: Instant
) -> Decision:
    if case.exhausted:
        return refuse(EXHAUSTED)
    opinion = case.opinion
    if (
        case.ending not in {None, Ending.CLOSED}
        or opinion is None
        or opinion.instance is not _BEFORE[instance]
    ):
        return refuse(NO_OPINION_TO_REVIEW, instance=instance)
    asked = command.asked_at or at
    late = command.asked_at is not None and command.actor.kind is ActorKind.RESIDENT
    if late or not opinion.delivered_at <= asked <= at:
        return refuse(ASKED_WRONGLY)
    if opinion.ask_until is None or asked > opinion.ask_until:
        return refuse(APPEAL_TOO_LATE, until=opinion.ask_until)
    organ = organ_above(case, opinion.by, facts, at)
    if organ is None:
        return refuse(NO_ORGAN_ABOVE, body=facts.name(opinion.by))
    before: list[AnyEvent] = [_new_episode(case, command, facts, at)] if case.ending is not None else []
    after = len(before) + 1
    requested = e.AppealRequested(
        appeal=f"appeal.{case.version + after}",
        instance=instance,
        lead=organ,
        handler=opinion.handler,
        acted=(*case.handlers, *case.reviewers, *case.rulers) if before else (),
        channel=command.channel,
        asked_at=asked,
        personal=command.personal,
        deadline=clock(DeadlineKind.DECIDE_APPEAL, case, facts, at, after=after),
    )
    return record(*before, requested)


def _new_episode(
    case: Case, command: RequestReview | RequestFinalReview, facts: Facts, at: Instant
) -> AnyEvent:
    """A closed case is open again, and its last lead answers for the instant in which the organ takes over."""
    return e.Reopened(
        episode=case.episode + 1,
        lead=standing_unbarred(case, case.last_lead, facts, at),
        channel=command.channel,
        personal=None,
        deadlines=(),
    )


def organ_above(case: Case, body: BodyId, facts: Facts, at: Instant) -> BodyId | None:
    """上一级机关: by leading, else by the ladder, else by a link of any kind that the firewall counts; never a barred one."""
    for use in (LinkUse.COMMON_SUPERIOR, LinkUse.LADDER, LinkUse.FIREWALL):
        above = superiors_let_through(case, body, use, facts, at)
        if above:
            return above[0]
    return None


def decide_appeal(case: Case, command: DecideAppeal, facts: Facts, at: Instant) -> Decision:
    """The organ upholds the opinion, changes it, or revokes it and has the case handled anew.

    Refuses: SAME_PERSON_DECIDES, DELIVERED_WRONGLY.
    """
    appeal = case.appeal
    assert appeal is not None, "the state table demands an appeal"  # noqa: S101
    if command.actor.person in (*case.handlers, *case.reviewers, *case.rulers, *appeal.acted):
        return refuse(SAME_PERSON_DECIDES)
    wrong = delivered_wrongly(command.delivered_at, appeal.at, at)
    if wrong is not None:
        return wrong
    revoked = command.outcome is AppealOutcome.REVOKED
    final = appeal.instance is Instance.FINAL_REVIEW
    lead = standing_unbarred(case, appeal.handler, facts, at) if revoked else appeal.organ
    decided = e.AppealDecided(
        appeal=appeal.id,
        instance=appeal.instance,
        outcome=command.outcome,
        by=appeal.organ,
        lead=lead,
        delivered_at=command.delivered_at,
        told_by=command.told_by,
        personal=command.personal,
        deadlines=_handled_anew(case, lead, facts, at)
        if revoked
        else (clock(DeadlineKind.VERDICT, case, facts, at),),
        window=None if revoked or final else window(case, facts, command.delivered_at),
    )
    if revoked and standing(appeal.handler, facts, at) is None:
        return record(decided, e.ExceptionRaised(kind=Exceptional.LEAD_GONE, body=appeal.handler))
    if final and not revoked:
        return record(decided, e.WayExhausted(told=facts.policy.exhausted))
    return record(decided)


def _handled_anew(case: Case, lead: BodyId | None, facts: Facts, at: Instant) -> tuple[Deadline, ...]:
    """The clocks of the new handling. It has a time of its own, since the first opinion had met the old one."""
    kinds = () if lead is not None else (DeadlineKind.TRIAGE,)
    term = Term(facts.policy.rehandle_within, "policy.rehandle_within")
    again = clock(DeadlineKind.RESOLVE, case, facts, at, term=term)
    return (*(clock(kind, case, facts, at) for kind in kinds), again)


def appeal_lapsed(opinion: Opinion | None) -> Decision:
    """The time to ask for the next instance has passed."""
    assert opinion is not None, "the clock runs for an opinion"  # noqa: S101
    return record(e.AppealLapsed(instance=_NEXT[opinion.instance]))


_NEXT = {before: instance for instance, before in _BEFORE.items()}

OPINION_INCOMPLETE = Rule(
    "opinion.incomplete",
    zh="信访事项办结须出具并送达处理意见书（信访工作条例第三十二条），缺少：{fields}。",
    en="A petition is resolved by a written opinion that was delivered (Petition Regulations, Art 32); missing: {fields}.",
    next_zh="请补充诉求、事实和理由、处理意见及法律依据、结论，以及送达时间和方式后重新提交。",
    next_en="Give the request, facts, opinion, legal basis and judgement, and when and how it was delivered.",
)
OPINION_ONLY_FOR_PETITIONS = Rule(
    "opinion.only-for-petitions",
    zh="热线事项不出具信访处理意见书。",
    en="A hotline case has no written opinion of the petition procedure.",
    next_zh="请去掉结论、送达时间和送达方式；需要书面处理意见的，引导居民通过信访途径提出。",
    next_en="Leave out the judgement and the delivery; who needs a written opinion is redirected to petition.",
)
DELIVERED_WRONGLY = Rule(
    "opinion.delivered-wrongly",
    zh="送达时间 {delivered} 晚于现在，或早于本单位承办之时（{since}）。",
    en="The delivery at {delivered} lies in the future, or before the body had the case ({since}).",
    next_zh="请填写实际送达时间；尚未送达的，送达后再办结。",
    next_en="Give the time at which it was delivered; if it was not yet, deliver it first.",
)
NO_OPINION_TO_REVIEW = Rule(
    "appeal.wrong-instance",
    zh="没有可供“{instance}”的上一级书面意见：复查针对处理意见，复核针对复查意见。",
    en="There is no opinion for {instance}: a review looks at the handling opinion, a final review at the review's.",
    next_zh="请查看最近送达的是哪一级意见，再选择复查或复核。",
    next_en="See which opinion was delivered last, and ask for the instance above it.",
)
ASKED_WRONGLY = Rule(
    "appeal.asked-wrongly",
    zh="请求时间早于意见送达或晚于现在，或由居民本人补录。",
    en="The time of asking lies before the delivery or in the future, or the resident dated it back himself.",
    next_zh="请填写居民实际提出请求的时间；居民本人提出的不填。",
    next_en="Give the time at which the resident asked; he himself leaves it out.",
)
APPEAL_TOO_LATE = Rule(
    "appeal.too-late",
    zh="请求复查、复核的期限已于 {until} 届满（信访工作条例第三十五条、第三十六条）。",
    en="The time to ask for a review ended at {until} (Petition Regulations, Arts 35, 36).",
    next_zh="有新的事实和理由的，请另行登记；对行政行为不服的，可依法申请行政复议或者提起行政诉讼。",
    next_en="Register new facts as a new case; against an administrative act the law opens reconsideration and the courts.",
)
NO_ORGAN_ABOVE = Rule(
    "appeal.no-organ-above",
    zh="数据包中没有{body}的上一级机关。",
    en="The pack names no organ above {body}.",
    next_zh="请在数据包中补充上一级机关并载入后重试；期限以居民提出之时为准（asked_at）。",
    next_en="Add the organ above to the pack, load it and try again; what counts is when the resident asked (asked_at).",
)
SAME_PERSON_DECIDES = Rule(
    "appeal.same-person",
    zh="经办、审核或裁定过本件的人员不得作出复查、复核决定。",
    en="Who has handled, reviewed or ruled on this case cannot decide its review.",
    next_zh="请由复查、复核机关的其他负责人决定。",
    next_en="Another head of the organ has to decide.",
)
