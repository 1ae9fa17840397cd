"""The twelve stories whose responsibility ledgers are written by hand in test_holders_tables.py.

Each begins on Monday 2026-03-02 at 09:00 and is told to its own end. All are at the community of the small pack.
"""

from collections.abc import Callable

from tests import small
from tests.domain.telling import Story


def plain() -> Story:
    """From intake to closing, everybody in time."""
    story = Story().register().at("03-02 10:00").triage().at("03-02 10:30").propose(small.HOUSING)
    story.at("03-02 14:00").sign().at("03-02 15:00").start().at("03-03 11:00").step("work_done")
    story.at("03-03 16:00").resolve().at("03-04 09:00").review().at("03-05 20:00").verdict()
    return story.at("03-06 09:00").close().at("03-09 09:00")


def waiting_in_triage() -> Story:
    """Nobody triages: the ladder climbs, the time stays with the dispatching body."""
    return Story().register().at("03-04 09:00")


def objection_accepted() -> Story:
    """The wrong body is proposed first; its objection is accepted."""
    story = Story().register(matter=small.HOUSING_MATTER).at("03-02 10:00").propose(small.CIVIL_AFFAIRS)
    story.at("03-02 16:00").object(small.HOUSING).at("03-03 09:00").accept_objection()
    return story.at("03-03 09:30").propose(small.HOUSING).at("03-03 11:00").sign().at("03-03 18:00")


def objection_contested() -> Story:
    """The dispatching body does not agree: the district rules and designates."""
    story = Story().register(matter=small.HOUSING_MATTER).at("03-02 10:00").propose(small.HOUSING)
    story.at("03-02 12:00").object(small.CIVIL_AFFAIRS).at("03-02 15:00").contest_objection()
    story.at("03-03 10:00").rule(small.CIVIL_AFFAIRS).at("03-03 12:00").acknowledge()
    return story.at("03-04 12:00").resolve().at("03-04 13:00")


def return_signed() -> Story:
    """The lead finds that it is not its own; the dispatching body takes the case back."""
    story = Story().register(matter=small.HOUSING_MATTER).propose(small.HOUSING).at("03-02 11:00").sign()
    story.at("03-03 09:00").returns(small.CIVIL_AFFAIRS).at("03-03 15:00").sign_return()
    return story.at("03-03 16:00").propose(small.CIVIL_AFFAIRS).at("03-03 17:00").sign().at("03-03 18:00")


def return_refused() -> Story:
    """The dispatching body does not take it back: the district designates the one that wanted to be rid of it."""
    story = Story().register(matter=small.HOUSING_MATTER).propose(small.HOUSING).at("03-02 11:00").sign()
    story.at("03-03 09:00").returns(small.CIVIL_AFFAIRS).at("03-03 15:00").refuse_return()
    return story.at("03-04 08:00").rule(small.HOUSING).at("03-04 09:00").acknowledge().at("03-04 10:00")


def deemed_signed_by_relay() -> Story:
    """Two people hold the desk one after the other for the whole window, and both are silent."""
    story = Story().at("03-05 18:00").register(matter=small.HOUSING_MATTER).at("03-05 19:00")
    return story.propose(small.WATER).at("03-07 09:00")


def lapsed_at_an_empty_desk() -> Story:
    """Silence does not bind a desk that nobody held for a part of the window."""
    story = Story().at("03-10 09:00").register(matter=small.HOUSING_MATTER).at("03-10 10:00")
    story.propose(small.WATER).at("03-11 12:00").propose(small.HOUSING).at("03-11 13:00").sign()
    return story.at("03-11 14:00")


def outage() -> Story:
    """The system is down from 09:40 to 10:40 on Tuesday; the window to sign ends at 10:00 in the middle of it."""
    story = Story().register(matter=small.HOUSING_MATTER).at("03-02 10:00").propose(small.HOUSING)
    story.at("03-03 09:40").goes_down().at("03-03 10:40").comes_up()
    return story.at("03-03 11:00").start().at("03-03 12:00")


def unsatisfied_once() -> Story:
    """The resident is not satisfied: the lead works again in the same episode, then it is closed."""
    story = Story().working().at("03-03 09:00").resolve().at("03-03 10:00").review()
    story.at("03-04 09:00").verdict("unsatisfied").at("03-05 09:00").resolve().at("03-05 10:00").review()
    return story.at("03-05 20:00").verdict("satisfied").at("03-06 09:00").close().at("03-07 09:00")


def reopened() -> Story:
    """Closed on Wednesday, opened again on the Monday after: the gap between is charged to nobody."""
    story = Story().working().at("03-03 09:00").resolve().at("03-03 10:00").review()
    story.at("03-03 12:00").verdict().at("03-04 09:00").close().at("03-09 09:00").reopen()
    story.at("03-10 09:00").resolve().at("03-10 10:00").review().at("03-17 10:00")
    return story.at("03-17 12:00").close().at("03-18 09:00")


def answered_at_intake() -> Story:
    """The dispatching body answers by itself; nobody judges, and the lapse ends it."""
    return Story().register().at("03-02 09:30").does("answer_at_intake", small.CLERK).at("03-10 09:00")


TWELVE: dict[str, Callable[[], Story]] = {
    told.__name__: told
    for told in (
        plain,
        waiting_in_triage,
        objection_accepted,
        objection_contested,
        return_signed,
        return_refused,
        deemed_signed_by_relay,
        lapsed_at_an_empty_desk,
        outage,
        unsatisfied_once,
        reopened,
        answered_at_intake,
    )
}
