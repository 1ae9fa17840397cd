"""`zeren up` with stand-ins for the worker and the console.

Usage: run_up.py DATA PORT WORKER_ROLE PREPARE
"""

import asyncio
import sys
from pathlib import Path

from deploy.onemachine.instance import Instance
from deploy.onemachine.processes import StartRefused
from deploy.onemachine.supervisor import up

STANDIN = str(Path(__file__).with_name("standin.py"))


def create_key(path: Path) -> None:
    """Makes a file where the key would be."""
    path.write_text("{}", encoding="utf-8")


async def prepared(instance: Instance) -> None:
    """Says what a step gets to know."""
    sys.stdout.write(f"prepared {bool(instance.database_url)} {bool(instance.temporal_address)}\n")


async def refuses(_: Instance) -> None:
    """Refuses, as a migration may."""
    raise StartRefused(
        "数据包中有事项没有时限；请改正后重新启动。",
        "The pack has a matter without a time limit; mend it and start again.",
    )


data, port, role, step = sys.argv[1:]
sys.exit(
    asyncio.run(
        up(
            Path(data),
            int(port),
            prepare=[prepared if step == "fine" else refuses],
            worker=[sys.executable, STANDIN, role],
            console=[sys.executable, STANDIN, "console"],
            create_kek=create_key,
        )
    )
)
