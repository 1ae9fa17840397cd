"""`instance.json`: what runs on this data folder, for the commands that look for it and for the next start.

```
{"state": "ready", "url": "http://127.0.0.1:8400", "database_url": "postgresql://…", "temporal_address": …,
 "temporal_namespace": "default", "data": …, "postgres_data": …, "kek_file": …, "pack": …,
 "pids": {"supervisor": 4711, "postgres": …, "temporal": …, "worker": …, "console": …}, "births": {…}}
```

It holds the database's password, so it is 0600. After a stop `state` is `stopped` and `pids` is empty; the
addresses stay, and Temporal's port is asked for again.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from deploy.onemachine.files import write_private

State = Literal["starting", "ready", "stopping", "stopped"]


class Instance(BaseModel):
    """The facts about one running, or stopped, instance."""

    data: str
    state: State = "starting"
    url: str = ""
    database_url: str = ""
    temporal_address: str = ""
    temporal_namespace: str = "default"
    postgres_data: str = ""
    kek_file: str = ""
    pack: str = ""
    pids: dict[str, int] = Field(default_factory=dict[str, int])
    births: dict[str, str] = Field(default_factory=dict[str, str])

    def write(self) -> None:
        """Replaces `<data>/instance.json` whole."""
        write_private(instance_path(Path(self.data)), self.model_dump_json(indent=2) + "\n")

    def environment(self) -> dict[str, str]:
        """What the worker, the console and the commands read."""
        return {
            "ZEREN_MODE": "embedded",
            "ZEREN_DATA": self.data,
            "ZEREN_URL": self.url,
            "ZEREN_DATABASE_URL": self.database_url,
            "ZEREN_TEMPORAL_ADDRESS": self.temporal_address,
            "ZEREN_TEMPORAL_NAMESPACE": self.temporal_namespace,
            "ZEREN_KEK_FILE": self.kek_file,
            "ZEREN_PACK": self.pack,
        }

    @property
    def temporal_port(self) -> int | None:
        """The port Temporal had, or None."""
        port = self.temporal_address.rpartition(":")[2]
        return int(port) if port.isdigit() else None


def instance_path(data: Path) -> Path:
    """Where the file lies."""
    return data / "instance.json"


def read_instance(data: Path) -> Instance | None:
    """Reads what the file says; None when there is no file or it is not one of ours."""
    try:
        told = Instance.model_validate_json(instance_path(data).read_bytes())
    except (OSError, ValidationError):
        return None
    told.data = str(data)
    return told
