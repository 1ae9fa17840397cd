"""Whether a worker takes tasks: a server that answers is not enough to open a case."""

from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

_FRESH = timedelta(seconds=75)
"""A worker asks anew at least once a minute; one that has not been heard of for longer is gone."""


async def worker_polls(client: Client, task_queue: str) -> bool:
    """Whether somebody has asked for tasks of that queue lately. Raises RPCError where the server does not answer."""
    described = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=timedelta(seconds=5),
    )
    since = datetime.now(UTC) - _FRESH
    return any(poller.last_access_time.ToDatetime(tzinfo=UTC) > since for poller in described.pollers)
