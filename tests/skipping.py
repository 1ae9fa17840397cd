"""The development server with time-skipping: every workflow has a clock of its own, moved forward by hand."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from deploy.onemachine.temporal import temporal_program
from workflows import names
from workflows.connection import CONVERTER


@asynccontextmanager
async def skipping_server() -> AsyncGenerator[WorkflowEnvironment]:
    """A server that runs while the context is open; nothing skips by itself."""
    environment = await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        dev_server_existing_path=str(temporal_program()),
        data_converter=CONVERTER,
        search_attributes=[names.STARTED_BY],
        dev_server_log_level="error",
        dev_server_startup_timeout=timedelta(seconds=30),
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
    )
    try:
        yield environment
    finally:
        await environment.shutdown()
