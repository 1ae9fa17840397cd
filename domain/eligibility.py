"""Which body can be made lead of a case at all (主办资格), with the push-down guard.

The guard: responsibility does not slide below the level that the catalogue names, nor to a level that the matter is
closed to. A community body may assist there, never lead; a street leads what its own duty list carries (基本履职) and not
what it only cooperates in or what was taken back up (配合履职、上级收回). An attempt is refused, and that it was made is an
event that supervisors can ask for. Rules: design.md §3.5. Sources: 北京市接诉即办工作条例 Art 17; 潍坊市12345条例 Art 24;
关于全面建立乡镇(街道)履行职责事项清单的意见.
"""

from domain import events as e
from domain.base import BodyId, Instant
from domain.case import Case
from domain.decision import Decision, refuse, refuse_and_record
from domain.facts import Facts
from domain.firewall import BARRED_BODY, NOBODY_ABLE_THERE, bars_body, emptied, wall
from domain.jurisdiction import Body, Matter
from domain.organisation import CANNOT_LEAD, height
from domain.rules import Rule
from domain.words import Duty, Level, Role


def unfit_lead(case: Case, body: BodyId, command: str, facts: Facts, at: Instant) -> Decision | None:
    """Why ``body`` cannot be made lead of this case, or None if it can.

    Refuses: NO_MATTER, NO_SUCH_BODY, BODY_NOT_THERE, NEVER_LEADS, PUSHED_DOWN (recorded), BARRED_BODY,
    NOBODY_ABLE_THERE.
    """
    if case.matter is None:
        return refuse(NO_MATTER)
    if body not in facts.bodies:
        return refuse(NO_SUCH_BODY, body=body)
    target = facts.body(body)
    if not target.valid(at):
        return refuse(BODY_NOT_THERE, body=facts.name(body))
    walled = _walled_off(case, body, facts, at)
    if walled is not None:
        return walled
    matter = facts.matter(case.matter)
    if target.kind in CANNOT_LEAD and target.level not in matter.never_lead:
        return refuse(NEVER_LEADS, body=facts.name(body))
    if pushed_down(target, matter):
        return refuse_and_record(
            PUSHED_DOWN,
            e.PushDownRefused(command=command, to=body, matter=matter.id),
            body=facts.name(body),
            matter=matter.name.zh,
            matter_en=matter.name.en,
            ground=matter.ground,
        )
    return None


def pushed_down(target: Body, matter: Matter) -> bool:
    """Whether making ``target`` the lead of ``matter`` would push work down."""
    if target.level in matter.never_lead:
        return True
    lowest = min(height(lead.level) for lead in matter.leads)
    if height(target.level) >= lowest:
        return False
    return not (target.level is Level.STREET and matter.duty is Duty.BASIC)


def _walled_off(case: Case, body: BodyId, facts: Facts, at: Instant) -> Decision | None:
    if not case.walled:
        return None
    if bars_body(wall(case), body, facts, at):
        return refuse(BARRED_BODY, body=facts.name(body))
    if emptied(wall(case), body, _WORKERS, facts, at):
        return refuse(NOBODY_ABLE_THERE, body=facts.name(body))
    return None


_WORKERS = frozenset({Role.CASEWORKER, Role.HEAD})
"""Who acts for a lead."""


NO_MATTER = Rule(
    "hand-off.no-matter",
    zh="本件尚未确定事项，不能拟派。",
    en="The case has no matter yet, so nobody can be proposed as its lead.",
    next_zh="请先核定事项（triage）。",
    next_en="Set the matter first (triage).",
)
NO_SUCH_BODY = Rule(
    "hand-off.no-such-body",
    zh="没有单位“{body}”。",
    en="There is no body {body}.",
    next_zh="请按单位编号或名称查询后重试。",
    next_en="Look the body up by its id or name and try again.",
)
BODY_NOT_THERE = Rule(
    "hand-off.body-not-there",
    zh="{body}此时不存在或已撤并，不能承办。",
    en="{body} does not exist at this time or has been merged, and cannot be given a case.",
    next_zh="请改派承接其职责的单位。",
    next_en="Name the body that succeeded it.",
)
NEVER_LEADS = Rule(
    "hand-off.never-leads",
    zh="{body}按其性质不主办行政事项，只召集、协调、督办或承接。",
    en="{body} is of a kind that never leads an administrative matter.",
    next_zh="请改派权责清单载明的主办单位。",
    next_en="Name the body that the catalogue makes the lead.",
)
PUSHED_DOWN = Rule(
    "push-down.protected",
    zh="事项“{matter}”不得由{body}主办，基层只协助（依据：{ground}）。本次尝试已记录。",
    en="{body} must not be made lead of “{matter_en}”; it may only assist (ground: {ground}). The attempt is on record.",
    next_zh="请拟派权责清单载明的主办部门。",
    next_en="Propose the department that the catalogue makes the lead.",
)
