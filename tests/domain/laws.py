"""What must hold after every step of every story: design.md §3, as far as the domain alone can keep it.

    one_step(story, step)    what this command was allowed to do
    whole(story)             what holds of all events so far

The laws reckon by themselves, from the events, in other ways than domain/ does: who answers, who has handled, what is
stale, which clocks may run. A law that asked the code under test would agree with every bug in it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import get_args

from domain import events as e
from domain.case import Case
from domain.events.joint import JointEvent
from domain.evolve import fold
from domain.holders import Held, holding, tile
from domain.words import ActorKind, Charge, DeadlineKind, State
from tests.domain import laws_joint
from tests.domain.laws_charge import the_charge_is_the_one_of_the_table
from tests.domain.laws_endings import (
    misconduct_only_leaves,
    rehandling_is_counted,
    shelving_is_bounded,
    the_instances_follow_one_another,
)
from tests.domain.laws_firewall import (
    no_case,
    nobody_behind_the_wall_acts,
    nobody_behind_the_wall_has_a_part,
)
from tests.domain.laws_joint import deadlines, lead_after
from tests.domain.laws_ladder import the_ladder_only_climbs
from tests.domain.telling import Step, Story

D = DeadlineKind

ENDINGS = (e.EndedAtIntake, e.Closed, e.Withdrawn, e.NotAccepted, e.Redirected)
MAY_MOVE_THE_LEAD = (
    e.Signed,
    e.DeemedSigned,
    e.Designated,
    e.Returned,
    e.Reopened,
    e.Succeeded,
    e.AppealRequested,
    e.AppealDecided,
    e.AnsweredWithParent,
    e.RemovedByFirewall,
)
MOVES_NO_HOLDING = (
    e.Triaged,
    e.Recategorised,
    e.Informed,
    e.Acknowledged,
    e.Started,
    e.StepRecorded,
    e.Objected,
    e.OversightAdded,
    e.DeadlineMissed,
    e.Escalated,
    e.Alerted,
    e.Nudged,
    e.Rebased,
    e.ExceptionRaised,
    e.PushDownRefused,
    e.ShelvingRequested,
    e.ShelvingRefused,
    e.AppealLapsed,
    e.WayExhausted,
    *get_args(JointEvent),
    e.Linked,
    e.Accused,
    e.Recused,
    e.InterestDeclared,
)
"""All joint work is among them: it never moves the answering body or the charge."""
RINGING = (
    e.DeadlineMissed,
    e.Escalated,
    e.Alerted,
    e.ExceptionRaised,
    e.OversightAdded,
    e.Nudged,
    e.Rebased,
)

WAITS_FOR = {
    State.TRIAGE: D.TRIAGE,
    State.PROPOSED: D.SIGN,
    State.OBJECTED: D.ANSWER_OBJECTION,
    State.WORKING: D.RESOLVE,
    State.RETURNING: D.SIGN_RETURN,
    State.RULING: D.RULING,
    State.APPEAL: D.DECIDE_APPEAL,
    State.SHELVED: D.LOOK_AGAIN,
    State.RESOLVED: D.REVIEW,
    State.AWAITING_VERDICT: D.VERDICT,
    State.JUDGED: D.CLOSE,
}
"""The clock, or the ladder after it, without which a case in that state would wait in silence."""


# ---------------------------------------------------------------- one step
def one_step(story: Story, step: Step) -> None:
    """The laws of a single command."""
    refused_changes_nothing(step)
    done_is_on_record(step)
    the_lead_moves_only_by_a_hand_off(story, step)
    looking_moves_no_responsibility(story, step)
    time_never_runs_back(step)
    the_clock_strikes_in_order(story, step)
    stale_is_told_from_fresh(story, step)
    no_protected_body_is_asked_to_lead(story, step)
    silence_binds_only_a_desk_that_was_held(story, step)
    nobody_who_has_ended_answers(story, step)
    nobody_plays_ping_pong(story, step)
    nobody_behind_the_wall_acts(story, step)


def refused_changes_nothing(step: Step) -> None:
    """A refused command records at most that somebody tried to push a duty down."""
    if step.decision.refusal is None:
        return
    assert all(isinstance(event.body, e.PushDownRefused) for event in step.events)
    assert bool(step.events) == (
        step.decision.refusal.rule in {"push-down.protected", "push-down.assistance"}
    )
    if step.before is None or step.after is None:
        assert step.before is step.after is None
        return
    unmoved = {"version", "last_at", "material_version"}
    assert step.before.model_dump(exclude=unmoved) == step.after.model_dump(exclude=unmoved)
    if not step.events:
        assert step.before == step.after


def done_is_on_record(step: Step) -> None:
    """What a person did leaves an event; a bell rung for something still waited for does too."""
    if step.decision.refusal is None:
        # The system may say the same thing twice, or too early.
        assert step.events or step.command.type == "wake", f"{step.command.type} was done and left nothing"
        assert not any(isinstance(event.body, e.PushDownRefused) for event in step.events)


def nobody_who_has_ended_answers(story: Story, step: Step) -> None:
    """§3.2: a dissolved body holds nothing; at the instant of its end its successor took its place."""
    ends = {body.id: body.valid_to for body in story.pack.bodies if body.valid_to}
    held = holding(step.after) if step.after else None
    if held is None:
        return
    for body in (held.answering, held.charged_to):
        until = ends.get(body or "")
        assert until is None or step.at < until, f"{body} ended at {until} and holds the case at {step.at}"


def nobody_plays_ping_pong(story: Story, step: Step) -> None:
    """§3.4: nobody is asked a second time after another, and hand-backs are counted."""
    asked: list[str] = []
    backs = 0
    for event in story.events:
        body = event.body
        if isinstance(body, e.Reopened):
            asked, backs = ([body.lead] if body.lead else []), 0
        heirs = {s.body: s.by for s in story.all(e.Succeeded) if s.by}
        if isinstance(body, e.Proposed) and body.to not in heirs.values():
            assert body.to not in asked or asked[-1] == body.to or body.to in _dispatchers(story), "ping-pong"
            asked.append(body.to)
        if isinstance(body, (e.Objected, e.ReturnRequested)):
            backs += 1
            assert backs <= story.pack.policy.hand_backs + 1, "too many hand-backs"


def _dispatchers(story: Story) -> set[str]:
    return {row.body for row in story.pack.dispatch}


def states(step: Step) -> Iterator[tuple[e.Recorded, Case, Case]]:
    """Each event of the step with the case before and after it."""
    case = step.before
    for event in step.events:
        after = fold([event], case)
        assert after is not None
        if case is not None:
            yield event, case, after
        case = after


def the_lead_moves_only_by_a_hand_off(story: Story, step: Step) -> None:
    """§3.2: by signature, deemed signature, designation, a signed return, or a reopening."""
    for event, before, after in states(step):
        if before.lead != after.lead:
            assert isinstance(event.body, MAY_MOVE_THE_LEAD), f"{event.body.type} moved the lead"
        if isinstance(event.body, e.Returned):
            assert after.lead is None
            assert event.actor.body == before.dispatcher == event.body.by
        if isinstance(event.body, e.Signed):
            assert event.actor.body == event.body.lead == after.lead


def looking_moves_no_responsibility(story: Story, step: Step) -> None:
    """§3.7: oversight, escalation, exceptions, steps and comments move neither lead nor charge."""
    for event, before, after in states(step):
        if isinstance(event.body, MOVES_NO_HOLDING):
            assert holding(before) == holding(after), f"{event.body.type} moved the holding"


def time_never_runs_back(step: Step) -> None:
    """§3.12: ``at`` never goes back, whatever is decided."""
    if step.before is not None:
        assert step.at >= step.before.last_at
    for event in step.events:
        assert event.at == step.at


def the_clock_strikes_in_order(story: Story, step: Step) -> None:
    """§3.12: what is due is struck before a command, the earliest first, at max(due, last at)."""
    if step.command.type != "strike":
        before = step.before.deadlines if step.before else ()
        assert all(deadline.due > story.now for deadline in before), "a clock was due and was not struck"
        return
    deadline, before, at = story.struck[-1]
    assert deadline.due <= min((each.due for each in before.deadlines), default=deadline.due)
    assert at == step.at == max(deadline.due, before.last_at)


def stale_is_told_from_fresh(story: Story, step: Step) -> None:
    """§3.12: an expected version is stale if since then something happened that was no mere ringing of the clock."""
    seen = step.command.expected_version
    if seen is None or step.before is None or step.command.type in {"register", "strike"} or no_case(step):
        return
    since = story.events[seen : step.before.version]
    told = [
        event
        for event in since
        if not (event.actor.kind is ActorKind.CLOCK and isinstance(event.body, RINGING))
    ]
    stale = step.decision.refusal is not None and step.decision.refusal.rule == "case.stale-version"
    assert stale == (bool(told) or seen > step.before.version)


def no_protected_body_is_asked_to_lead(story: Story, step: Step) -> None:
    """§3.5, and Party organisations, providers and conferences never lead."""
    kinds = {"community_party", "street_party", "party_committee", "joint_conference", "provider"}
    bodies = {body.id: body for body in story.pack.bodies}
    matters = {matter.id: matter for matter in story.pack.matters}
    for event in step.events:
        asked = event.body.to if isinstance(event.body, e.Proposed) else None
        asked = event.body.lead if isinstance(event.body, e.Designated) else asked
        if asked is None:
            continue
        assert step.before is not None
        assert step.before.matter is not None
        assert bodies[asked].valid(step.at)
        assert bodies[asked].kind not in kinds
        assert bodies[asked].level not in matters[step.before.matter].never_lead


def silence_binds_only_a_desk_that_was_held(story: Story, step: Step) -> None:
    """§3.2: somebody entitled was in post at every instant of the window, and the body still stands."""
    for event in step.events:
        if not isinstance(event.body, e.DeemedSigned):
            continue
        body, window = event.body.lead, event.body.window
        posts = [post for person in story.pack.people for post in person.posts if post.body == body]
        entitled = [post for post in posts if post.role in {"caseworker", "head"}]
        edges = {window.start, window.end - timedelta(microseconds=1)}
        edges |= {post.valid_from for post in entitled} | {
            post.valid_to for post in entitled if post.valid_to
        }
        for edge in edges:
            if window.start <= edge < window.end:
                assert any(post.held(edge) for post in entitled), f"nobody sat there at {edge}"
        assert next(each for each in story.pack.bodies if each.id == body).valid(step.at)


# ---------------------------------------------------------------- the whole
def whole(story: Story) -> None:
    """The laws of everything so far."""
    if story.current is None:
        assert story.events == []
        return
    somebody_answers_at_every_instant(story)
    the_charge_is_the_one_of_the_table(story)
    never_silent(story)
    laws_joint.whole(story)
    the_fold_is_the_case(story)
    versions_and_times(story)
    three_persons(story)
    the_designated_keep_it(story)
    the_residents_clock_is_his_own(story)
    the_ladder_only_climbs(story)
    rehandling_is_counted(story)
    the_instances_follow_one_another(story)
    shelving_is_bounded(story)
    misconduct_only_leaves(story)
    nobody_behind_the_wall_has_a_part(story)


def somebody_answers_at_every_instant(story: Story) -> None:
    """§3.1: one answering body and one charge from registration to end; half-open, contiguous, summing to it."""
    as_of = max(story.now, story.case.last_at)
    held = tile(story.events, as_of)
    spans = _episodes(story.events, as_of)
    for number, (start, end) in enumerate(spans, start=1):
        rows = [row for row in held if row.episode == number]
        if start == end:
            assert rows == []
            continue
        assert rows[0].start == start
        assert rows[-1].end == end
        assert all(left.end == right.start for left, right in pairwise(rows)), "a gap or an overlap"
        assert all(row.start < row.end for row in rows), "an empty interval"
        assert sum((row.end - row.start for row in rows), timedelta()) == end - start
        assert all(_row(left) != _row(right) for left, right in pairwise(rows)), "equal neighbours"
    assert {row.episode for row in held} <= set(range(1, len(spans) + 1))
    assert all(row.charge is not Charge.UNKNOWN and row.charged_to for row in held)


def _row(held: Held) -> tuple[str, Charge, str | None]:
    return held.answering, held.charge, held.charged_to


def _episodes(events: Iterable[e.Recorded], as_of: datetime) -> list[tuple[datetime, datetime]]:
    spans: list[tuple[datetime, datetime]] = []
    for event in events:
        if isinstance(event.body, e.Registered | e.Reopened):
            spans.append((event.at, as_of))
        if isinstance(event.body, ENDINGS):
            spans[-1] = (spans[-1][0], event.at)
    return spans


def never_silent(story: Story) -> None:
    """An open case waits for somebody on a clock of its own; an ended one waits for nothing."""
    case = story.case
    own = [deadline for deadline in case.deadlines if deadline.body is None]
    running = {deadline.cause or deadline.kind for deadline in own}
    if case.ending is not None:
        assert case.deadlines == ()
        assert holding(case) is None
        return
    assert holding(case) is not None
    if case.merged is not None:
        assert case.deadlines == (), "a case that follows another waits with it, on the clocks of that one"
        return
    assert own, "an open case without a clock is silent"
    assert WAITS_FOR[case.state] in running, f"{case.state} waits without a clock"
    others = {WAITS_FOR[case.state], D.RESOLVE, D.ACKNOWLEDGE, D.FIRST_CONTACT}
    others |= {D.CONSENT} if case.shelving_request else set()
    others |= {D.ASK_APPEAL} if case.opinion else set()
    assert running <= others, f"{case.state} is not waited for by {running - others}"
    if case.matter is not None and case.stage == "handling":
        assert D.RESOLVE in running, "the resident's clock stands still"
    if D.ACKNOWLEDGE in running:
        assert case.designated
    assert len(running) == len(own), "two clocks of one kind"


def the_fold_is_the_case(story: Story) -> None:
    """Folding a second time gives the same case, and JSON gives it back."""
    case = story.case
    assert fold(story.events) == case
    assert Case.model_validate_json(case.model_dump_json()) == case


def versions_and_times(story: Story) -> None:
    """Versions are 1..n, ids are unique, and no time runs back."""
    assert [event.version for event in story.events] == list(range(1, len(story.events) + 1))
    assert len({event.id for event in story.events}) == len(story.events)
    assert story.case.version == len(story.events)
    assert story.case.last_at == story.events[-1].at
    assert all(left.at <= right.at for left, right in pairwise(story.events))
    recorded = [event.recorded_at for event in story.events]
    assert all(left and right and left <= right for left, right in pairwise(recorded))
    set_ = [deadline.id for event in story.events for deadline in deadlines(event.body)]
    assert len(set_) == len(set(set_)), "two deadlines of one id"


def three_persons(story: Story) -> None:
    """§3.10: handler, reviewer and ruler are different persons, in every episode."""
    parts: list[set[str]] = [set(), set(), set()]
    lead: str | None = None
    for event in story.events:
        body, who = event.body, event.actor.person
        lead = lead_after(body, lead)
        if isinstance(body, e.Registered | e.Reopened):
            parts = [set(), set(), set()]
        by_lead = isinstance(body, e.StepRecorded) and lead is not None and body.by == lead
        handled = isinstance(
            body,
            e.Signed | e.Acknowledged | e.Started | e.Resolved | e.AnsweredAtIntake | e.ShelvingRequested,
        )
        for part, acted in (
            (0, by_lead or handled),
            (1, isinstance(body, e.Reviewed | e.SentBack | e.Shelved)),
            (1, isinstance(body, e.ShelvingRefused) and body.cause == "by_hand"),
            (2, isinstance(body, e.Ruled | e.AppealDecided)),
        ):
            if acted and who is not None:
                parts[part].add(who)
        if isinstance(body, e.AnsweredWithParent):
            for part, persons in enumerate((body.handlers, body.reviewers, body.rulers)):
                parts[part] |= set(persons)
        lead = None if isinstance(body, e.Returned) else lead
        assert not (parts[0] & parts[1] or parts[0] & parts[2] or parts[1] & parts[2]), (
            "one person, two parts"
        )
    case = story.case
    assert [set(case.handlers), set(case.reviewers), set(case.rulers)] == parts


def the_designated_keep_it(story: Story) -> None:
    """§3.3: from a designated body neither an objection nor a return is accepted until the episode ends."""
    designated = False
    for event in story.events:
        if designated:
            assert not isinstance(event.body, e.Objected | e.ReturnRequested | e.Returned | e.Proposed)
        if isinstance(event.body, e.AnsweredWithParent):
            designated = event.body.designated
        gone = (isinstance(event.body, e.RemovedByFirewall) and event.body.to_triage) or (
            isinstance(event.body, e.AppealDecided) and event.body.lead is None
        )
        designated = (designated or isinstance(event.body, e.Designated)) and not (
            gone or isinstance(event.body, ENDINGS)
        )


_FRESH = {"policy.again_within", "policy.rehandle_within"}


def the_residents_clock_is_his_own(story: Story) -> None:
    """§3.8: it runs from registration or reopening, and nothing but fresh work after a verdict or review adds to it."""
    start = None
    for event in story.events:
        if isinstance(event.body, e.Registered | e.Reopened):
            start = getattr(event.body, "clock_from", None) or event.at
        for deadline in deadlines(event.body):
            length = deadline.due - deadline.started_at
            short = timedelta(hours=1) if deadline.calendar == "fixed-date/1" else timedelta(microseconds=1)
            assert timedelta(0) <= timedelta(hours=deadline.hours) - length < short
            if deadline.kind is D.RESOLVE and deadline.rule not in _FRESH:
                assert deadline.started_at == start
            elif deadline.kind is D.ASK_APPEAL:
                assert isinstance(event.body, e.Resolved | e.AppealDecided)
                assert deadline.started_at == event.body.delivered_at
                assert deadline.started_at <= event.at
            else:
                assert deadline.started_at == event.at
