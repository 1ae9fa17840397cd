"""The names under which workers, clients and the server find one another. They are part of running histories."""

from temporalio.common import SearchAttributeKey

TASK_QUEUE = "zeren-cases"
"""Where the workers of cases listen."""

CASE = "CaseWorkflow"
MERGED_BATCH = "MergedBatch"
ACT = "act"
"""The update that carries a command to a case."""

PACK_LOADED = "pack_loaded"
"""The signal that a newer pack may have ended a body of the case."""

STARTED_BY = SearchAttributeKey.for_keyword("ZerenStartedBy")
"""The one search attribute, set at start: ``intake``, ``command`` or ``rehydrate``. Lists come from the ledger."""

DRAINING = "Draining"
BAD_SHAPE = "BadShape"
COMMAND_REUSED = "CommandReused"
COMPARTMENT_MISSING = "CompartmentMissing"
STOPPED = "Stopped"
"""Types of the application errors by which an update fails. A refusal by rule is not among them: it is an answer."""


def notices_queue(task_queue: str) -> str:
    """Where messages wait for a worker, apart from the cases: a slow mail server keeps no command waiting."""
    return f"{task_queue}-notices"
