"""The case's workflow, changed: what a saved history must not, or may, be replayed by.

Each is the real workflow with one thing done otherwise, under its name. Without a change at all, and with one behind
``patched``, it replays; every other change here issues other commands than the history has.
"""

import time
from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from domain.commands import AnyCommand
    from domain.decide import needs
    from domain.facts import Facts
    from domain.ports import LOOK_UP, Alarm, Answer, LookUp
    from workflows import calls
    from workflows.case_workflow import CaseStart, CaseWorkflow
    from workflows.names import CASE

_SECOND = timedelta(seconds=1)


@workflow.defn(name=CASE)
class Unchanged(CaseWorkflow):
    """Nothing is otherwise, but that it is another class."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """As it was."""
        await super().run(start)


@workflow.defn(name=CASE)
class OneTimerMore(CaseWorkflow):
    """It waits a second before it begins."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """A timer, then as it was."""
        await workflow.sleep(_SECOND)
        await super().run(start)


@workflow.defn(name=CASE)
class OneTimerMorePatched(CaseWorkflow):
    """It waits a second before it begins, in new runs only."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """A timer where the run began under this code, then as it was."""
        if workflow.patched("one-timer-more"):
            await workflow.sleep(_SECOND)
        await super().run(start)


@workflow.defn(name=CASE)
class OneCallMore(CaseWorkflow):
    """It raises an alarm with every command."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """As it was."""
        await super().run(start)

    async def _answer(self, command: AnyCommand) -> Answer:
        await calls.alarm(Alarm(kind="undecidable", case=self._start.case, detail="one more"))
        return await super()._answer(command)


@workflow.defn(name=CASE)
class DurableAtOnce(CaseWorkflow):
    """It looks facts up by the durable call, without the quick one before it."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """As it was."""
        await super().run(start)

    async def _facts_for(self, command: AnyCommand) -> Facts:
        request = LookUp(needs=needs(self._case, command))
        return await workflow.execute_activity(
            LOOK_UP, request, result_type=Facts, start_to_close_timeout=20 * _SECOND
        )


@workflow.defn(name=CASE)
class NeverSleeps(CaseWorkflow):
    """It waits for commands and sets no timer."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """As it was."""
        await super().run(start)

    async def _wait(self) -> None:
        case = self._case
        await workflow.wait_condition(lambda: self._case is not case)


@workflow.defn(name=CASE)
class ForgetsItsFacts(CaseWorkflow):
    """It looks facts up anew for every command, where they had been carried."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """As it was."""
        await super().run(start)

    async def _facts_for(self, command: AnyCommand) -> Facts:
        self._facts = None
        return await super()._facts_for(command)


@workflow.defn(name=CASE)
class AsksTheClock(CaseWorkflow):
    """It reads the machine's clock, which the sandbox does not let it."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        super().__init__(start)

    @workflow.run
    async def run(self, start: CaseStart) -> None:
        """The time, then as it was."""
        workflow.logger.info("now", extra={"now": time.time()})
        await super().run(start)


@workflow.defn(name=CASE)
class WithoutTheUpdate:
    """It does not know the update that the history has."""

    @workflow.init
    def __init__(self, start: CaseStart) -> None:
        self._start = start

    @workflow.run
    async def run(self, start: CaseStart) -> None:  # noqa: ARG002
        """Wait for ever."""
        await workflow.wait_condition(lambda: False)


HARMLESS: tuple[type, ...] = (Unchanged, OneTimerMorePatched)
OTHER_COMMANDS: tuple[type, ...] = (OneTimerMore, DurableAtOnce, NeverSleeps, WithoutTheUpdate)
"""What the SDK calls nondeterministic."""
SHIFTED_ANSWERS: tuple[type, ...] = (OneCallMore, ForgetsItsFacts)
"""A quick call more or less: each later one is given its neighbour's answer, which cannot be read as its own."""
