"""Redirecting (引导至法定途径): the way that the law opens, named, with its ground and article, and the resident told.

    triage, or reported by its lead ─ redirect ─▶ ended as redirected
    accusation of misconduct (检举控告) ─▶ leaves to the competent organ, from triage or from work, and in no other way

The ways are a closed list (``Way``); their grounds with the articles are the pack's. "Does not pertain to us" is none of
them. What a lead works on is not redirected over its head: it reports first. An accusation of misconduct is handled
neither by the accused nor by anybody here: nobody is proposed for it, and it is not answered.

Sources: 信访工作条例 Arts 29, 30 (misconduct), 31 (1) to (4) (ways); CPGRAMS, DARPG memorandum of 2024-08-23.
"""

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Case
from domain.commands import Redirect
from domain.decision import Decision, record, refuse
from domain.facts import Facts
from domain.firewall import barred_bodies
from domain.rules import Rule
from domain.telling import told_wrongly
from domain.words import State, Way

HANDLING = frozenset({"propose", "answer_at_intake", "sign", "start", "resolve", "shelve", "rule"})
"""What would handle a case here; none of it is done to an accusation of misconduct."""


def redirect(case: Case, command: Redirect, facts: Facts, at: Instant) -> Decision:
    """The reviewing body ends the case by naming the way that is open.

    Refuses: SAME_PERSON_REDIRECTS, MISCONDUCT_ONLY_THERE, REPORT_FIRST, OPINION_STANDS, WAY_NOT_OFFERED,
    NO_COMPETENT_ORGAN, NO_CONTACT_BY_LINK.
    """
    if command.actor.person in (*case.handlers, *case.rulers):
        return refuse(SAME_PERSON_REDIRECTS)
    misconduct = command.way is Way.MISCONDUCT
    if case.misconduct and not misconduct:
        return refuse(MISCONDUCT_ONLY_THERE)
    if case.state is State.WORKING and not case.misconduct:
        return refuse(REPORT_FIRST, body=facts.name(case.lead))
    if case.opinion is not None and not case.misconduct:
        return refuse(OPINION_STANDS)
    basis = facts.policy.ways.get(command.way)
    if basis is None:
        return refuse(WAY_NOT_OFFERED, way=command.way)
    organ = competent_organ(case, facts, barred_bodies(case, facts, at)) if misconduct else None
    if misconduct and organ is None:
        return refuse(NO_COMPETENT_ORGAN)
    return told_wrongly(case, command.told_by) or record(
        e.Redirected(
            way=command.way,
            basis=basis,
            to=organ,
            told_by=command.told_by,
            personal=command.personal,
        )
    )


def competent_organ(case: Case, facts: Facts, barred: frozenset[BodyId] = frozenset()) -> BodyId | None:
    """Who is competent for an accusation of misconduct: of the division, the nearest that is not barred."""
    division = case.place or facts.body(case.dispatcher).division
    named = facts.policy.misconduct_organ
    codes = sorted((code for code in named if division.startswith(code)), key=len, reverse=True)
    return next((named[code] for code in codes if named[code] not in barred), None)


def handles_misconduct(case: Case, command: str) -> Decision | None:
    """Why a command may not be given on an accusation of misconduct. Refuses: MISCONDUCT_ONLY_LEAVES."""
    return refuse(MISCONDUCT_ONLY_LEAVES) if case.misconduct and command in HANDLING else None


SAME_PERSON_REDIRECTS = Rule(
    "redirect.same-person",
    zh="经办人、裁定人不得作出引导决定。",
    en="Who has handled or ruled on this case cannot redirect it.",
    next_zh="请由其他审核员决定。",
    next_en="Another reviewer has to decide.",
)
MISCONDUCT_ONLY_THERE = Rule(
    "redirect.misconduct-only-there",
    zh="检举控告只能移交有权处理的机关。",
    en="An accusation of misconduct leaves to the competent organ and nowhere else.",
    next_zh="途径请选“检举控告”（misconduct）。",
    next_en="Choose the way misconduct.",
)
MISCONDUCT_ONLY_LEAVES = Rule(
    "redirect.misconduct-only-leaves",
    zh="检举控告不在本系统办理，也不得转给被检举、控告的单位或者人员（信访工作条例第二十九条、第三十条）。",
    en="An accusation of misconduct is not handled here, nor passed to the accused (Petition Regulations, Arts 29, 30).",
    next_zh="请由审核单位移交有权处理的机关（redirect --way misconduct）。",
    next_en="The reviewing body has to pass it to the competent organ (redirect --way misconduct).",
)
REPORT_FIRST = Rule(
    "redirect.report-first",
    zh="{body}正在办理，不能越过主办单位引导至其他途径。",
    en="{body} is working on the case: it is not redirected over the head of its lead.",
    next_zh="请主办单位退回，或办结并说明应走的途径，再由审核单位引导。",
    next_en="The lead returns it, or reports which way is open; then the reviewing body redirects it.",
)
OPINION_STANDS = Rule(
    "redirect.opinion-stands",
    zh="处理意见书已经送达，居民可以请求复查，不能再引导至其他途径。",
    en="A written opinion was delivered and can be reviewed: the case is not redirected any more.",
    next_zh="认为意见不当的，审核退回重新出具（review --no-passed）。",
    next_en="Where the opinion is wrong, the review sends it back to be drawn up anew (review --no-passed).",
)
WAY_NOT_OFFERED = Rule(
    "redirect.way-not-offered",
    zh="数据包没有写明途径“{way}”的依据。",
    en="The pack states no ground for the way {way}.",
    next_zh="请选择其他途径，或在数据包中补充依据条款后重试。",
    next_en="Choose another way, or add its ground with the article to the pack and try again.",
)
NO_COMPETENT_ORGAN = Rule(
    "redirect.no-organ",
    zh="数据包没有写明当地受理检举控告的机关。",
    en="The pack names no organ that is competent for accusations of misconduct there.",
    next_zh="请在数据包中补充（misconduct_organ）并载入后重试。",
    next_en="Add it to the pack (misconduct_organ), load it and try again.",
)
