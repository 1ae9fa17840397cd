"""Workers that are wrong on purpose: the lab must find fault with each of them, or it proves nothing.

python -m tests.chaos.controls acknowledges-before-commit
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

import asyncpg

from activities import ledger_activities
from domain.ports import Append, Appended
from ledger import append as appending
from worker import main

LATE = 0.4
"""Seconds between the acknowledgement and the commit."""

NO_GUARD = (
    "ALTER TABLE event DROP CONSTRAINT event_case_id_version_key",
    "ALTER TABLE event DROP CONSTRAINT event_event_id_key",
    "ALTER TABLE command DROP CONSTRAINT command_pkey",
)
"""The unique keys that stop a second answer and a second event of one version."""

_PENDING: set[asyncio.Task[None]] = set()


def _acknowledges_before_commit() -> None:
    async def append(pool: asyncpg.Pool, decision: Append) -> Appended:
        connection = await pool.acquire()
        transaction = connection.transaction()
        await transaction.start()
        answer = await appending._append(connection, decision)

        async def commit_later() -> None:
            await asyncio.sleep(LATE)
            await transaction.commit()
            await pool.release(connection)

        task = asyncio.create_task(commit_later())
        _PENDING.add(task)
        task.add_done_callback(_PENDING.discard)
        return answer

    ledger_activities.append = append


def _forgets_what_was_answered() -> None:
    """A retry is written as if it were new: only the unique keys stood in between, and they are gone."""
    appending._LOOK = appending._LOOK.replace(
        "c.case_id = $1 AND c.command_id = $2", "c.case_id = $1 AND c.command_id = $2 AND false"
    )
    _ignore_versions()


def _ignore_versions() -> None:
    """Whatever stands in the ledger, the decision is written after what its run knew."""
    right = appending._objection

    def wrong(look: Any, decision: Append) -> Appended | None:
        said = right(look, decision)
        return None if said is not None and said.outcome == "conflict" else said

    appending._objection = wrong


WORKERS: Mapping[str, Any] = {
    "acknowledges-before-commit": _acknowledges_before_commit,
    "forgets-what-was-answered": _forgets_what_was_answered,
    "ignores-the-version": _ignore_versions,
}

if __name__ == "__main__":
    WORKERS[sys.argv[1]]()
    main()
