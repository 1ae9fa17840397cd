"""Work, review, verdict and endings: few, and earned; three parts, three persons (design.md §3.10)."""

from datetime import timedelta

import pytest

from domain import events as e
from domain.actors import person
from domain.holders import holding
from domain.words import Charge, DeadlineKind, Ending, Exceptional, Role, State
from tests import small
from tests.domain import world
from tests.domain.telling import USUAL, Story, personal, refuses

ANSWERS = {"truth": "true", "ours": True, "contacted": "yes", "solved": "yes"}
GOOD = {"response": True, "resolution": True, "satisfaction": "satisfied"}


# ---------------------------------------------------------------- work
def test_a_step_resets_no_deadline_and_moves_no_charge() -> None:
    story = Story().working().wait(hours=30)
    before = story.case
    story.step("work_done").step("contacted_resident")
    assert story.case.deadlines == before.deadlines
    assert holding(story.case) == holding(before)


@refuses("work.already-started")
def test_work_begins_once() -> None:
    story = Story().working().start()
    assert story.tries("start", small.HOUSING_HEAD)


@refuses("work.wished-no-contact")
def test_a_wish_for_no_contact_is_honoured() -> None:
    story = Story().register(matter=small.HOUSING_MATTER, no_contact=True).propose().sign()
    assert story.tries("resolve", small.HOUSING_WORKER, **ANSWERS)
    story.resolve(contacted="not_wished")
    assert story.case.state is State.RESOLVED


@refuses("work.no-wish-on-record")
def test_a_wish_that_nobody_recorded_is_no_answer() -> None:
    story = Story().working()
    assert story.tries("resolve", small.HOUSING_WORKER, **{**ANSWERS, "contacted": "not_wished"})
    story.resolve(contacted="tried")


@refuses("work.solved-but-not-ours")
def test_what_is_not_ours_is_not_solved_by_us() -> None:
    story = Story().working()
    assert story.tries("resolve", small.HOUSING_WORKER, **{**ANSWERS, "ours": False})
    story.resolve(ours=False, solved="no")


def test_what_is_sent_back_runs_on_the_same_clock_with_time_to_act() -> None:
    story = Story().working().wait(hours=20).resolve().wait(hours=10).review(passed=False)
    clock = story.case.deadline(DeadlineKind.RESOLVE)
    assert clock is not None
    assert (clock.started_at, clock.hours) == (small.START, 120)
    assert story.case.state is State.WORKING
    story.wait(hours=60).resolve().wait(hours=10).review(passed=False)
    clock = story.case.deadline(DeadlineKind.RESOLVE)
    assert clock is not None
    assert (clock.started_at, clock.hours, clock.rule) == (story.now, 48, "policy.again_within")


# ---------------------------------------------------------------- three parts, three persons
@refuses("work.same-person-reviews")
@pytest.mark.parametrize("part", ["sign", "start", "record_step", "resolve"])
def test_who_handled_it_does_not_review_it(part: str) -> None:
    many = world.MANY_AS_HOUSING
    story = Story().register(matter=small.HOUSING_MATTER).propose()
    story.sign(many if part == "sign" else None)
    story.start(many if part == "start" else None)
    story.step(by=many if part == "record_step" else None)
    story.resolve(many if part == "resolve" else None)
    assert story.tries("review", world.MANY_AS_REVIEWER, passed=True)
    story.review(small.REVIEWER)


def test_a_step_of_the_dispatching_body_is_no_handling() -> None:
    story = Story().working().step(by=world.MANY_AS_CLERK).resolve().review(world.MANY_AS_REVIEWER)
    assert story.case.state is State.AWAITING_VERDICT


@refuses("work.same-person-handles")
@pytest.mark.parametrize("part", ["resolve", "record_step"])
def test_who_reviewed_it_does_not_handle_it(part: str) -> None:
    story = Story().working().resolve().review(world.MANY_AS_REVIEWER, passed=False)
    fields = ANSWERS if part == "resolve" else {"step": "work_done"}
    assert story.tries(part, world.MANY_AS_HOUSING, **fields)


@refuses("work.same-person-handles")
def test_who_reviewed_it_neither_signs_nor_starts_it_later() -> None:
    story = Story().working().resolve().review(world.MANY_AS_REVIEWER).verdict("unsatisfied")
    assert story.tries("start", world.MANY_AS_HOUSING)
    story.returns().sign_return()
    assert story.tries("answer_at_intake", world.MANY_AS_CLERK)
    story.propose(small.CIVIL_AFFAIRS)
    assert story.tries("sign", world.MANY_AS_CIVIL_AFFAIRS)
    story.sign()


@refuses("work.same-person-handles", "work.same-person-reviews")
def test_who_ruled_neither_acknowledges_nor_handles_nor_reviews() -> None:
    story = Story().disputed().rule(small.HOUSING, by=world.MANY_AS_DISTRICT_HEAD)
    assert story.tries("acknowledge", world.MANY_AS_HOUSING)
    assert story.tries("start", world.MANY_AS_HOUSING)
    story.resolve()
    assert story.tries("review", world.MANY_AS_REVIEWER, passed=True)


@refuses("dispute.same-person")
def test_who_handled_it_does_not_rule_on_it() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).propose().sign(world.MANY_AS_HOUSING)
    story.returns(by=small.HOUSING_WORKER).refuse_return()
    assert story.tries("rule", world.MANY_AS_DISTRICT_HEAD, designate=small.HOUSING)
    story.rule(small.HOUSING)


@refuses("dispute.same-person")
def test_who_reviewed_it_does_not_rule_on_it() -> None:
    story = Story().working().resolve().review(world.MANY_AS_REVIEWER, passed=False)
    story.returns().refuse_return()
    assert story.tries("rule", world.MANY_AS_DISTRICT_HEAD, designate=small.HOUSING)


@refuses("ending.same-person-closes")
def test_who_handled_it_does_not_close_it() -> None:
    story = Story().working().resolve(world.MANY_AS_HOUSING).review().verdict()
    assert story.tries("close", world.MANY_AS_REVIEWER)
    story.close(small.REVIEWER)


def test_a_new_episode_begins_with_nobody_in_any_part() -> None:
    story = Story().closed().reopen()
    assert (story.case.handlers, story.case.reviewers, story.case.rulers) == ((), (), ())


# ---------------------------------------------------------------- the verdict
def test_first_and_final_verdict_are_both_kept() -> None:
    story = Story().reviewed().verdict("unsatisfied").resolve().review().verdict("satisfied")
    first, final = story.case.first_verdict, story.case.verdict
    assert first is not None
    assert final is not None
    assert (first.satisfaction, final.satisfaction) == ("unsatisfied", "satisfied")
    assert [body.round for body in story.all(e.VerdictRecorded)] == [1, 2]
    assert [body.final for body in story.all(e.VerdictRecorded)] == [False, True]


def test_unsatisfied_leads_to_rehandling_in_the_same_episode_with_the_same_lead() -> None:
    story = Story().reviewed().verdict("unsatisfied")
    case = story.case
    assert (case.episode, case.lead, case.state, case.rehandlings) == (1, small.HOUSING, State.WORKING, 1)
    assert story.all(e.OversightAdded) == []


def test_unsatisfied_again_adds_oversight_and_moves_no_lead() -> None:
    story = Story().reviewed().verdict("unsatisfied").resolve().review().verdict("unsatisfied")
    assert story.last(e.OversightAdded) == e.OversightAdded(body=small.GOVERNMENT, cause="unsatisfied_again")
    assert story.case.lead == small.HOUSING


def test_after_the_rehandlings_of_the_policy_an_unsatisfied_verdict_is_final_and_states_the_way_of_appeal() -> (
    None
):
    story = Story().reviewed()
    for _ in range(2):
        story.verdict("unsatisfied").resolve().review()
    story.verdict("unsatisfied")
    assert (story.case.state, story.last(e.VerdictRecorded).final) == (State.JUDGED, True)
    story.close()
    assert story.last(e.Closed).appeal.zh == "可依法申请复查、复议或者提起诉讼。"


def test_a_petition_is_not_handled_again_at_once() -> None:
    story = Story().petition().opinion()
    story.review(small.PETITION_REVIEWER).verdict("unsatisfied")
    assert story.case.state is State.JUDGED


@pytest.mark.parametrize("no_contact", [True, False])
def test_a_lapse_is_a_verdict_of_its_own_and_no_contact_is_counted_apart(no_contact: bool) -> None:
    story = Story().register(matter=small.HOUSING_MATTER, no_contact=no_contact).propose().sign()
    story.resolve(contacted="not_wished" if no_contact else "tried").review().wait(hours=168)
    assert story.last(e.VerdictLapsed).no_contact is no_contact
    verdict = story.case.verdict
    assert verdict is not None
    assert (verdict.satisfaction, story.case.state) == (None, State.JUDGED)
    held = holding(story.case)
    assert held is not None
    assert (held.charge, held.charged_to) == (Charge.UNDER_REVIEW, small.DISPATCH)


def test_staff_of_the_reviewing_body_may_enter_what_the_resident_said() -> None:
    story = Story().reviewed().verdict(by=small.CLERK, channel="phone")
    recorded = story.events[-1]
    assert (recorded.actor.person, story.last(e.VerdictRecorded).channel) == ("clerk-1", "phone")


@refuses("verdict.from-lead")
def test_a_verdict_never_comes_from_people_of_the_lead_under_any_hat() -> None:
    story = Story().reviewed()
    assert story.tries("record_verdict", world.MANY_AS_CLERK, channel="phone", **GOOD)


@refuses("verdict.by-handler")
def test_a_verdict_never_comes_from_who_handled_it() -> None:
    story = Story().register().does("answer_at_intake", small.CLERK)
    assert story.tries("record_verdict", small.CLERK, channel="phone", **GOOD)
    story.verdict(by=small.CLERK_2, channel="phone")


@refuses("verdict.needs-link")
def test_with_a_wish_for_no_contact_only_the_resident_judges() -> None:
    story = Story().register(matter=small.HOUSING_MATTER, no_contact=True).propose().sign()
    story.resolve(contacted="not_wished").review()
    assert story.tries("record_verdict", small.CLERK, channel="phone", **GOOD)
    story.verdict()
    assert Story().reviewed().tries("record_verdict", small.CLERK, channel="link", **GOOD)


# ---------------------------------------------------------------- endings and reopening
def test_a_resident_takes_his_issue_back_at_any_time() -> None:
    for story in (Story().register(), Story().disputed(), Story().working().returns(), Story().reviewed()):
        story.withdraw()
        assert (story.case.ending, story.case.deadlines) == (Ending.WITHDRAWN, ())
        assert holding(story.case) is None


@refuses("ending.withdrawal-not-recorded")
def test_a_withdrawal_by_staff_needs_the_request_on_record() -> None:
    story = Story().register()
    assert story.tries("withdraw", small.STATION_CLERK, channel="counter")
    request = personal("note")
    story.withdraw(small.STATION_CLERK, personal=request)
    assert story.last(e.Withdrawn).personal == request


@refuses("ending.withdrawal-by-handler")
def test_who_handles_the_case_does_not_record_that_the_resident_gave_up() -> None:
    request = personal("note")
    answered = Story().register().does("answer_at_intake", small.CLERK)
    assert answered.tries("withdraw", small.CLERK, channel="phone", personal=request)
    answered.withdraw(small.CLERK_2, personal=request)
    story = Story().working()
    assert story.tries("withdraw", world.MANY_AS_CLERK, channel="phone", personal=request)
    story.withdraw(small.STATION_CLERK, personal=request)


@refuses("ending.withdrawal-by-handler")
def test_a_registrar_that_leads_the_case_cannot_withdraw_it() -> None:
    workstation = next(body for body in small.BODIES if body.id == small.WORKSTATION)
    head = person("station-head", Role.HEAD, small.WORKSTATION)
    pack = world.with_posts([world.post(head)], world.with_body(workstation, world.PACK))
    story = Story(pack).register(matter=small.COMMITTEE_MATTER).propose(small.WORKSTATION).sign(head)
    assert story.tries("withdraw", small.STATION_CLERK, channel="counter", personal=personal("note"))


@refuses("telling.no-contact")
def test_who_wished_no_contact_hears_by_his_link_that_it_was_not_accepted() -> None:
    story = Story().register(no_contact=True).step("resident_heard", by=small.CLERK)
    fields = {"ground_code": "no_clear_demand", "told_by": "phone"}
    assert story.tries("not_accept", small.REVIEWER, **fields)
    story.does("not_accept", small.REVIEWER, **{**fields, "told_by": "link"})


def test_reopening_begins_an_episode_in_which_the_last_lead_answers_at_once() -> None:
    story = Story().closed().wait(hours=100).reopen()
    case = story.case
    assert (case.episode, case.lead, case.lead_since, case.state) == (
        2,
        small.HOUSING,
        story.now,
        State.WORKING,
    )
    clock = case.deadline(DeadlineKind.RESOLVE)
    assert clock is not None
    assert (clock.started_at, clock.hours) == (story.now, 120)
    assert (case.first_verdict, case.rehandlings, case.verdicts) == (None, 0, 0)


def test_an_answer_at_intake_is_reopened_in_triage() -> None:
    story = Story().register(matter=small.HOUSING_MATTER).does("answer_at_intake", small.CLERK).verdict()
    story.reopen()
    assert (story.case.state, story.case.lead, story.case.exceptions) == (State.TRIAGE, None, ())
    assert {clock.kind for clock in story.case.deadlines} == {DeadlineKind.TRIAGE, DeadlineKind.RESOLVE}


def test_a_lead_that_ended_is_succeeded_at_reopening() -> None:
    story = Story(now=small.HEATING_ENDS - timedelta(days=10)).closed(small.HEATING).wait(days=11).reopen()
    assert story.case.lead == small.HOUSING


def test_a_lead_that_ended_without_successor_leaves_the_case_in_triage_visibly() -> None:
    heating = next(body for body in small.BODIES if body.id == small.HEATING)
    pack = world.with_body(heating.model_copy(update={"successor": None}), world.PACK)
    story = (
        Story(pack, now=small.HEATING_ENDS - timedelta(days=10)).closed(small.HEATING).wait(days=11).reopen()
    )
    assert (story.case.lead, story.case.state) == (None, State.TRIAGE)
    assert story.case.exceptions == (Exceptional.LEAD_GONE,)
    assert story.last(e.ExceptionRaised).body == small.HEATING
    assert story.case.deadline(DeadlineKind.TRIAGE) is not None


@refuses("ending.reopen-too-late")
def test_reopening_has_a_window() -> None:
    Story().closed().wait(hours=720).reopen()
    story = Story().closed().wait(hours=720, minutes=1)
    assert story.tries("reopen", small.RESIDENT, channel="phone")


@refuses("ending.not-reopenable")
@pytest.mark.parametrize("ending", ["withdrawn", "not_accepted"])
def test_what_was_withdrawn_or_not_accepted_is_not_reopened(ending: str) -> None:
    story = Story().register()
    if ending == "withdrawn":
        story.withdraw()
    else:
        story.step("resident_heard", by=small.CLERK)
        story.does("not_accept", small.REVIEWER, ground_code="exhausted", told_by="phone")
    assert story.tries("reopen", small.RESIDENT, channel="phone")


def test_an_overseer_may_reopen() -> None:
    story = Story().working().does("oversee", small.DISTRICT_SUPERVISOR).resolve().review().verdict().close()
    story.reopen(small.DISTRICT_SUPERVISOR)
    assert story.case.episode == 2


def test_usual_actors_are_people_of_the_body_that_they_act_for() -> None:
    assert all(actor.body == body for body, actor in USUAL.items())
