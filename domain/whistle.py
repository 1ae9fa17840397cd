"""Whistle and report-in (吹哨报到): the street convenes bodies on a case, and each reports in against its own clock.

    a community asks its street ─▶ the street whistles, or declines │ silence goes up the ladder
    whistle ─▶ each body reports in ─▶ is let go ─▶ the two score each other
                     └─ silence: missed, and carried up to the body above it

The lead stays where it is: a whistle brings bodies to a table and blames nobody. Scores are for audits and touch
nothing. Who may whistle, and who may ask for it, is the pack's policy. Communities are not whistled: they are asked for
assistance, with its funding and end (domain/assistance.py).

Sources: 北京市街道办事处条例 Arts 11, 17, 44; 北京市接诉即办工作条例 Arts 16, 33 (the two score each other).
"""

from collections.abc import Iterable

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Case
from domain.clocks import clock
from domain.commands import AskWhistle, DeclineWhistle, ReportIn, ScoreEachOther, StandDown, Whistle
from domain.decision import Decision, record, refuse
from domain.eligibility import BODY_NOT_THERE, NO_SUCH_BODY
from domain.facts import Facts
from domain.firewall import BARRED_BODY, bars_body, wall
from domain.joint_words import CallState
from domain.organisation import NO_OFFICE, ancestors, is_community
from domain.relations import Call
from domain.rules import Rule
from domain.words import DeadlineKind, LinkUse


def streets(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    """The bodies that may whistle: those of the policy's kinds that lead, dispatch, or have the place under them."""
    return frozenset(
        body.id
        for body in facts.bodies.values()
        if body.kind in facts.policy.whistles
        and body.valid(at)
        and (body.id in {case.lead, case.dispatcher} or _has_under_it(body.division, case))
    )


def communities(case: Case, facts: Facts, at: Instant) -> frozenset[BodyId]:
    """The bodies that may ask their street to whistle: those of the policy's kinds whose place it is."""
    return frozenset(
        body.id
        for body in facts.bodies.values()
        if body.kind in facts.policy.asks_whistle
        and body.valid(at)
        and _has_under_it(body.division, case)
        and (street := _street_of(body.id, facts, at)) is not None
        and not bars_body(wall(case), street, facts, at)
    )


def _has_under_it(division: str, case: Case) -> bool:
    return case.place is not None and case.place.startswith(division)


def _street_of(body: BodyId, facts: Facts, at: Instant) -> BodyId | None:
    """The nearest body above that may whistle."""
    above = ancestors(body, LinkUse.LADDER, facts, at)
    able = [each for each in above if facts.body(each).kind in facts.policy.whistles]
    return min(able, key=lambda each: (above[each], each), default=None)


def ask_whistle(case: Case, command: AskWhistle, facts: Facts, at: Instant) -> Decision:
    """A community asks its street to whistle; the street has a clock to answer.

    Refuses: NO_SUCH_BODY, BODY_NOT_THERE, BARRED_BODY, NOT_TO_BE_CALLED, WHISTLE_ASKED_ALREADY.
    """
    by = command.actor.body
    assert by is not None, "authority found the body"  # noqa: S101
    street = _street_of(by, facts, at)
    assert street is not None, "authority found the street above it"  # noqa: S101
    wrong = _wrong_call(case, command.called, street, facts, at)
    if wrong is not None:
        return wrong
    if any(ask.street == street for ask in case.whistle_asks):
        return refuse(WHISTLE_ASKED_ALREADY, body=facts.name(street))
    return record(
        e.WhistleAsked(
            by=by,
            street=street,
            called=command.called,
            personal=command.personal,
            deadline=clock(DeadlineKind.ANSWER_WHISTLE, case, facts, at, body=street),
        )
    )


def decline_whistle(case: Case, command: DeclineWhistle, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The street does not whistle, and says why."""
    by = command.actor.body
    assert by is not None, "authority found the street"  # noqa: S101
    asked_by = tuple(ask.by for ask in case.whistle_asks if ask.street == by)
    return record(e.WhistleDeclined(by=by, asked_by=asked_by, personal=command.personal))


def whistle(case: Case, command: Whistle, facts: Facts, at: Instant) -> Decision:
    """The street convenes the named bodies; the rows in their inboxes are the notice.

    Refuses: NO_SUCH_BODY, BODY_NOT_THERE, BARRED_BODY, NOT_TO_BE_CALLED, CALLED_ALREADY, NAMED_TWICE.
    """
    by = command.actor.body
    assert by is not None, "authority found the street"  # noqa: S101
    wrong = _wrong_call(case, command.called, by, facts, at)
    if wrong is not None:
        return wrong
    running = {call.body for call in case.calls if call.running}
    for called in command.called:
        if called in running:
            return refuse(CALLED_ALREADY, body=facts.name(called))
    return record(
        e.Whistled(
            whistle=f"whistle.{case.version + 1}",
            by=by,
            called=command.called,
            personal=command.personal,
            deadlines=tuple(
                clock(DeadlineKind.REPORT_IN, case, facts, at, body=called) for called in command.called
            ),
        )
    )


def _wrong_call(
    case: Case, called: Iterable[BodyId], street: BodyId, facts: Facts, at: Instant
) -> Decision | None:
    seen: set[BodyId] = set()
    for body in called:
        if body not in facts.bodies:
            return refuse(NO_SUCH_BODY, body=body)
        if not facts.body(body).valid(at):
            return refuse(BODY_NOT_THERE, body=facts.name(body))
        if bars_body(wall(case), body, facts, at):
            return refuse(BARRED_BODY, body=facts.name(body))
        if body in seen:
            return refuse(NAMED_TWICE, body=facts.name(body))
        own = body in {street, case.dispatcher}
        if own or is_community(facts.body(body)) or facts.body(body).kind in NO_OFFICE:
            return refuse(NOT_TO_BE_CALLED, body=facts.name(body))
        seen.add(body)
    return None


def report_in(case: Case, command: ReportIn, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """A whistled body reports in. Late or not, it is welcome; the record shows which."""
    call = next(
        each for each in case.calls if each.body == command.actor.body and each.state is CallState.CALLED
    )
    return record(
        e.ReportedIn(
            whistle=call.whistle,
            body=call.body,
            step=command.step,
            channel=command.channel,
            personal=command.personal,
        )
    )


def stand_down(case: Case, command: StandDown, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """Who whistled lets bodies go.

    Refuses: NOT_CALLED, NAMED_TWICE.
    """
    by = command.actor.body
    assert by is not None, "authority found who whistled"  # noqa: S101
    mine = {call.body for call in case.calls if call.by == by and call.running}
    for body in command.called:
        if body not in mine:
            return refuse(NOT_CALLED, body=facts.name(body))
    if len(set(command.called)) < len(command.called):
        return refuse(NAMED_TWICE, body=facts.name(command.called[0]))
    return record(e.StoodDown(by=by, called=command.called))


def score(case: Case, command: ScoreEachOther, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """One of the two of a whistle scores the other, once for each whistle.

    Refuses: NOTHING_TO_SCORE.
    """
    by = command.actor.body
    assert by is not None, "authority found the body"  # noqa: S101
    call = next((each for each in to_score(case, by) if command.scored in {each.by, each.body}), None)
    if call is None or command.scored == by:
        return refuse(NOTHING_TO_SCORE, body=facts.name(command.scored))
    return record(
        e.Scored(
            whistle=call.whistle,
            by=by,
            scored=command.scored,
            promptness=command.promptness,
            cooperation=command.cooperation,
            clarity=command.clarity,
        )
    )


def to_score(case: Case, by: BodyId) -> list[Call]:
    """The calls in which ``by`` is one of the two and has not scored the other yet, the latest first."""
    return [
        call
        for call in reversed(case.calls)
        if by in {call.by, call.body} and by not in call.scored_by and call.state is not CallState.CALLED
    ]


NOT_TO_BE_CALLED = Rule(
    "whistle.not-to-be-called",
    zh="不能对{body}吹哨：吹哨单位自身、派单单位、社区组织、承接方和志愿力量不在吹哨之列。",
    en="{body} is not to be whistled: it whistles itself, dispatches, is of a community, or only helps.",
    next_zh="社区组织和志愿力量请求协办（ask_assistance），承接方依合同购买服务（commission）。",
    next_en="Ask communities and volunteers for assistance (ask_assistance); commission providers (commission).",
)
WHISTLE_ASKED_ALREADY = Rule(
    "whistle.asked-already",
    zh="已有请求待{body}答复。",
    en="{body} has been asked to whistle on this case and has not answered yet.",
    next_zh="请等待其答复；逾期将自动上报。",
    next_en="Wait for its answer; silence goes up the ladder by itself.",
)
CALLED_ALREADY = Rule(
    "whistle.called-already",
    zh="已对{body}吹哨，尚未解除。",
    en="{body} has been whistled and has not been let go.",
    next_zh="请等待其报到，或先解除（stand_down）。",
    next_en="Wait for it to report in, or let it go first (stand_down).",
)
NAMED_TWICE = Rule(
    "whistle.named-twice",
    zh="{body}写了两次。",
    en="{body} is named twice.",
    next_zh="请每个单位只写一次。",
    next_en="Name each body once.",
)
NOT_CALLED = Rule(
    "whistle.not-called",
    zh="{body}不在贵单位吹哨且未解除之列。",
    en="{body} is none of those that you whistled and have not let go.",
    next_zh="请查看案件的吹哨情况。",
    next_en="Look at the case for who was whistled by whom.",
)
NOTHING_TO_SCORE = Rule(
    "whistle.nothing-to-score",
    zh="贵单位与{body}之间没有可评分的吹哨，或已评过分。",
    en="There is no whistle between you and {body} that you could score, or you have scored it.",
    next_zh="报到或解除之后方可互评，每次吹哨各评一次。",
    next_en="Each scores the other once for a whistle, after the report-in or the standing down.",
)
