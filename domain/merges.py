"""Cases that belong together (关联、并案): links, one answer for many, repeats, and one case made into several.

    link     a note on one case that names the other; it changes nothing
    merge    child ─▶ follows parent ─┬─ parent reviewed ──▶ answered with it ─▶ its own verdict
                                      ├─ parent ended ─────▶ stands again where it stood
                                      └─ unmerged by hand ─▶ stands again where it stood
    split    a case registered from another one, on the resident's clock of that one
    repeat   the same reporter, matter and place within the policy's days: pointed out and linked, never refused

Merging is no ending (design.md §3.10): it suspends the child, whose time is charged as the parent's. There are no
chains: a parent follows nobody and a child has no children. Both run under one procedure and one dispatching body, are
about one matter, and stand behind the same wall (§3.6), so a merge passes neither the firewall nor the push-down guard.

Two of these were open (docs/decisions 11, 12). The resident's clock is never started again: a case made by a split runs on
that of the first one, and that of a merged case runs on. The signature under the parent counts for the cases
that follow it, so that its lead handles them again where their residents are not satisfied.

A petition follows no other one: each petitioner is owed a written opinion, from which his way of review runs (信访工作条例
Arts 32, 35). Source: 北京市接诉即办工作条例 Art 11 (a repeat with nothing new: the resident is told how it stands).
"""

from datetime import timedelta

from domain import events as e
from domain.base import BodyId, Instant, PersonId
from domain.case import Case
from domain.clocks import clock
from domain.commands import Link, Merge, Register, Unmerge, Wake
from domain.decision import NOTHING, Decision, record, refuse
from domain.facts import Facts
from domain.glance import Glance
from domain.rules import Rule
from domain.words import DeadlineKind, Ending, Procedure, State, Tie

MERGEABLE = frozenset({State.TRIAGE, State.WORKING})
"""Where a case may be merged. A hand-off or dispute that is under way is finished first."""

ANSWERED = frozenset({State.AWAITING_VERDICT, State.JUDGED})
"""Where a parent's answer stands, so that its children are asked."""

WAKES = ANSWERED | {State.ENDED}
"""Where a parent has nothing more to wait for on behalf of its children."""

_STANDING_ENDINGS = frozenset({Ending.CLOSED, Ending.ANSWERED_AT_INTAKE})


def glance(case: Case, *, children: bool) -> Glance:
    """What may be seen of ``case`` from another one; ``children``: whether any case follows it."""
    return Glance(
        id=case.id,
        number=case.number,
        state=case.state,
        procedure=case.procedure,
        dispatcher=case.dispatcher,
        registrar=case.registrar,
        matter=case.matter,
        place=case.place,
        lead=case.lead,
        designated=case.designated,
        answered_at_intake=case.answered_at_intake,
        registered_at=case.registered_at,
        clock_from=case.episode_at,
        ending=case.ending,
        parent=case.merged.parent if case.merged else None,
        children=children,
        reply=case.reply,
        accused=(*case.against, *case.recused, *case.interested),
        handlers=case.handlers,
        reviewers=case.reviewers,
        rulers=case.rulers,
    )


def wall(seen: Glance) -> frozenset[BodyId]:
    """The bodies from which a case is kept (design.md §3.6). Two cases meet only if they are kept from the same."""
    return frozenset(seen.accused)


def _same_wall(one: Glance, other: Glance) -> bool:
    return wall(one) == wall(other)


# ---------------------------------------------------------------- links
def link(case: Case, command: Link, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """Another case is noted as related; nothing else changes.

    Refuses: NO_SUCH_CASE, WITH_ITSELF, TIED_ALREADY, TIED_BY_A_SPLIT.
    """
    if command.other == case.number:
        return refuse(WITH_ITSELF)
    if command.tie is Tie.SPLIT:
        return refuse(TIED_BY_A_SPLIT)
    other = facts.cases.get(command.other)
    if other is None or not _same_wall(facts.case(case.number), other):
        return refuse(NO_SUCH_CASE, number=command.other)
    if any(tied.other == other.id and tied.tie is command.tie for tied in case.ties):
        return refuse(TIED_ALREADY, number=command.other)
    return record(_tied(other, command.tie))


def _tied(other: Glance, tie: Tie) -> e.Linked:
    return e.Linked(other=other.id, other_number=other.number, tie=tie, state=other.state)


# ---------------------------------------------------------------- merges
def merge(case: Case, command: Merge, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The case follows another one from here.

    Refuses: NO_SUCH_CASE (one behind another wall is none either), WITH_ITSELF, HAS_CHILDREN, UNDER_WAY, PARENT_FOLLOWS,
    PARENT_ANSWERED, OTHER_PROCEDURE, NEEDS_OWN_OPINION, OTHER_DISPATCHER, OTHER_MATTER.
    """
    if command.into == case.number:
        return refuse(WITH_ITSELF)
    parent = facts.cases.get(command.into)
    own = facts.case(case.number)
    if parent is None or not _same_wall(own, parent):
        return refuse(NO_SUCH_CASE, number=command.into)
    if own.children:
        return refuse(HAS_CHILDREN)
    if _under_way(case):
        return refuse(UNDER_WAY)
    return _unfit_parent(case, parent) or record(e.Merged(parent=parent.id, parent_number=parent.number))


def _unfit_parent(case: Case, parent: Glance) -> Decision | None:
    """Why the case cannot follow that one, or None if it can."""
    if parent.parent is not None:
        return refuse(PARENT_FOLLOWS, number=parent.number)
    if parent.state in WAKES:
        return refuse(PARENT_ANSWERED, number=parent.number)
    if parent.procedure is not case.procedure:
        return refuse(OTHER_PROCEDURE, number=parent.number, procedure=parent.procedure)
    if case.procedure is Procedure.PETITION:
        return refuse(NEEDS_OWN_OPINION)
    if parent.dispatcher != case.dispatcher:
        return refuse(OTHER_DISPATCHER, number=parent.number)
    if parent.matter is None or case.matter not in {None, parent.matter}:
        return refuse(OTHER_MATTER, number=parent.number)
    return None


def _under_way(case: Case) -> bool:
    """Whether the case waits for anybody beside its lead: joint work, or the answer to a wish to shelve it."""
    return (
        case.shelving_request is not None
        or any(deadline.body for deadline in case.deadlines)
        or any(rung.about for rung in case.rungs)
        or any(assistance.running for assistance in case.assistances)
    )


def unmerge(case: Case, command: Unmerge, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """The case stands by itself again, where it stood: the clocks of the offices have what they had left."""
    assert case.merged is not None, "the state table demands a merged case"  # noqa: S101
    return record(
        e.Unmerged(
            parent=case.merged.parent,
            parent_number=case.merged.number,
            cause="by_hand",
            personal=command.personal,
        )
    )


def wake(case: Case, command: Wake, facts: Facts, at: Instant) -> Decision:  # noqa: ARG001
    """What the parent's answer or ending means for the case; nothing while the parent is still being handled.

    It may be said at any time and any number of times: it looks at how the parent stands.
    """
    if case.merged is None:
        return NOTHING
    parent = facts.case(case.merged.number)
    if parent.reply is not None and (parent.state in ANSWERED or parent.ending in _STANDING_ENDINGS):
        return record(_answered(case, parent, facts, at))
    if parent.ending is not None:
        ended = e.Unmerged(parent=parent.id, parent_number=parent.number, cause="parent_ended", personal=None)
        return record(ended)
    return NOTHING


def _answered(case: Case, parent: Glance, facts: Facts, at: Instant) -> e.AnsweredWithParent:
    assert parent.reply is not None, "an answered parent has a reply"  # noqa: S101
    lead = parent.lead or case.lead
    known = {*case.handlers, *case.reviewers, *case.rulers}
    return e.AnsweredWithParent(
        parent=parent.id,
        parent_number=parent.number,
        reply_version=parent.reply.version,
        at_intake=parent.answered_at_intake,
        lead=lead,
        designated=parent.designated or (case.designated and lead == case.lead),
        matter=parent.matter or case.matter,
        place=case.place or parent.place,
        handlers=_without(parent.handlers, known),
        reviewers=_without(parent.reviewers, known),
        rulers=_without(parent.rulers, known),
        deadline=clock(DeadlineKind.VERDICT, case, facts, at),
    )


def _without(persons: tuple[PersonId, ...], known: set[PersonId]) -> tuple[PersonId, ...]:
    return tuple(person for person in persons if person not in known)


# ---------------------------------------------------------------- splits and repeats
def original(command: Register, facts: Facts) -> Glance | Decision | None:
    """The case that a registration is split from; None if it is not split from any, a refusal if it cannot be.

    Refuses: NOT_TO_BE_SPLIT. A case that somebody else handles, or that is kept from anybody, is none.
    """
    if command.split_from is None:
        return None
    first = facts.cases.get(command.split_from)
    at_work = {first.dispatcher, first.registrar} if first else set[str | None]()
    if first is None or wall(first) or command.actor.body is None or command.actor.body not in at_work:
        return refuse(NO_SUCH_CASE, number=command.split_from)
    if first.state in {State.ENDED, State.MERGED}:
        return refuse(NOT_TO_BE_SPLIT, number=command.split_from)
    return first


def ties_at_intake(command: Register, first: Glance | None, facts: Facts, at: Instant) -> list[e.Linked]:
    """What a registration is tied to: the case that it was split from, or the last one that it repeats."""
    if first is not None:
        return [_tied(first, Tie.SPLIT)]
    days = facts.policy.repeat_days
    if days is None:
        return []
    earliest = at - timedelta(days=days)
    same = [
        earlier
        for earlier in facts.earlier
        if earlier.registered_at >= earliest
        and not wall(earlier)
        and _agree(earlier.matter, command.matter)
        and _agree(earlier.place, command.place)
    ]
    last = max(same, key=lambda earlier: (earlier.registered_at, earlier.number), default=None)
    return [_tied(last, Tie.REPEAT)] if last is not None else []


def _agree(one: str | None, other: str | None) -> bool:
    """Whether both name the same, or one of them nothing yet."""
    return one is None or other is None or one == other


NOT_MERGEABLE = Rule(
    "merge.not-mergeable",
    zh="本件此时不能并入（当前状态：{state}）。",
    en="The case cannot be merged as it stands (state: {state}).",
    next_zh="请先完成流转、裁定或审核；待派或办理中的案件方可并入。",
    next_en="Finish the hand-off, ruling or review first: a case is merged from triage or from work.",
)
NOT_MERGED = Rule(
    "merge.not-merged",
    zh="本件未并入其他案件（当前状态：{state}）。",
    en="The case follows no other one (state: {state}).",
    next_zh="请直接办理本件。",
    next_en="Go on with the case itself.",
)
FOLLOWS = Rule(
    "merge.follows",
    zh="本件已并入主件 {number}，随主件办理。",
    en="The case follows its parent {number} and is handled with it.",
    next_zh="请办理主件，或先解除并案（unmerge）。",
    next_en="Act on the parent, or unmerge this case first.",
)
NO_SUCH_CASE = Rule(
    "merge.no-such-case",
    zh="没有可与本件关联的案件 {number}。",
    en="There is no case {number} that this one could be tied to.",
    next_zh="请核对案件号。",
    next_en="Check the number.",
)
WITH_ITSELF = Rule(
    "merge.with-itself",
    zh="案件不能与自身关联或并案。",
    en="A case cannot be tied to itself.",
    next_zh="请填写另一案件号。",
    next_en="Give the number of another case.",
)
HAS_CHILDREN = Rule(
    "merge.has-children",
    zh="已有案件并入本件，本件不能再并入其他案件。",
    en="Other cases follow this one, so it cannot follow another.",
    next_zh="请先解除并入本件的案件，或将其分别并入新的主件。",
    next_en="Unmerge those first, and merge each into the new parent.",
)
UNDER_WAY = Rule(
    "merge.under-way",
    zh="本件的协办、吹哨、购买服务或挂账申请尚未了结，不能并入其他案件。",
    en="Assistance, a whistle, a commissioned service or a wish to shelve is still under way on this case.",
    next_zh="请先了结或解除，再并入主件。",
    next_en="Finish or release it first, then merge.",
)
PARENT_FOLLOWS = Rule(
    "merge.parent-follows",
    zh="案件 {number} 已并入另一案件，不能作主件。",
    en="The case {number} follows another one itself, so nothing can follow it.",
    next_zh="请并入它所随的主件。",
    next_en="Merge into the parent of that case.",
)
PARENT_ANSWERED = Rule(
    "merge.parent-answered",
    zh="案件 {number} 已答复或已终结，不能再并入。",
    en="The case {number} has been answered or has ended, so nothing more can follow it.",
    next_zh="请关联该案件（link），本件另行办理。",
    next_en="Link that case instead, and go on with this one.",
)
OTHER_PROCEDURE = Rule(
    "merge.other-procedure",
    zh="案件 {number} 按“{procedure}”程序办理，与本件不同，不能并入。",
    en="The case {number} runs under the procedure {procedure}, which is not the one of this case.",
    next_zh="请改用关联（link）。",
    next_en="Link the two instead.",
)
NEEDS_OWN_OPINION = Rule(
    "merge.needs-own-opinion",
    zh="信访事项须对每位信访人出具处理意见书，不能并入其他案件。",
    en="Every petitioner is owed a written opinion of his own, so a petition follows no other one.",
    next_zh="请改用关联（link），分别办理。",
    next_en="Link the two instead, and handle each.",
)
OTHER_DISPATCHER = Rule(
    "merge.other-dispatcher",
    zh="案件 {number} 由另一单位派单和审核，不能并入。",
    en="The case {number} is dispatched and reviewed by another body, so this one cannot follow it.",
    next_zh="请改用关联（link）。",
    next_en="Link the two instead.",
)
OTHER_MATTER = Rule(
    "merge.other-matter",
    zh="案件 {number} 的事项与本件不同或尚未核定，不能并入。",
    en="The case {number} is about another matter, or about none yet, so this one cannot follow it.",
    next_zh="请先核定事项（triage）使两件一致，或改用关联（link）。",
    next_en="Set the matter of both first (triage), or link them instead.",
)
TIED_ALREADY = Rule(
    "link.already",
    zh="本件与案件 {number} 的该项关联已登记。",
    en="This tie to the case {number} is already on record.",
    next_zh="无需重复。",
    next_en="Nothing to do.",
)
TIED_BY_A_SPLIT = Rule(
    "link.split-by-registration",
    zh="“分案”关联只在由原案拆分登记时产生。",
    en="A case is tied as a split only by being registered from the first one.",
    next_zh="请以 case open --split-from 登记拆分的部分。",
    next_en="Register the part with case open --split-from.",
)
NOT_TO_BE_SPLIT = Rule(
    "split.not-now",
    zh="案件 {number} 已终结或已并入主件，不能拆分。",
    en="The case {number} has ended or follows a parent, so nothing can be split from it.",
    next_zh="请另行登记，或先解除并案。",
    next_en="Register the issue by itself, or unmerge that case first.",
)
