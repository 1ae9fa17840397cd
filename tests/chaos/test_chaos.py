"""A short run of the crash lab, and the machines that are wrong on purpose: the lab finds fault with each of them."""

import pytest

from tests.chaos.__main__ import CONTROLS
from tests.chaos.faults import EVERYWHERE, drawn, fault
from tests.chaos.run import Plan, run


@pytest.mark.timeout(400)
async def test_whatever_is_killed_nothing_is_lost_doubled_or_out_of_order() -> None:
    plan = Plan(seed=20261125, faults=drawn(20261125, len(EVERYWHERE)), between=1.0)
    report = await run(plan)
    assert report.clean, (report.findings, report.stopped, report.unanswered)
    assert set(report.injected) == set(EVERYWHERE)
    assert report.acknowledged > 3 * plan.cases


@pytest.mark.timeout(400)
@pytest.mark.parametrize("name", CONTROLS)
async def test_a_machine_that_is_wrong_is_found_out(name: str) -> None:
    report = await run(CONTROLS[name])
    assert not report.findings.clean


def test_a_seed_draws_the_same_faults_and_each_kind_before_any_comes_twice() -> None:
    assert drawn(3, 30, small_disk=True) == drawn(3, 30, small_disk=True) != drawn(4, 30, small_disk=True)
    kinds = len(EVERYWHERE) + 1
    assert len(set(drawn(3, kinds, small_disk=True))) == kinds
    assert all(fault(name) for name in drawn(3, kinds, small_disk=True))
