"""Where the instance is that a command, the worker or the console works on: one look, one frozen answer.

    ZEREN_DATABASE_URL, ZEREN_TEMPORAL_ADDRESS, …   said in the environment        ─▶ that
    ZEREN_DATA/instance.json                        said where the data lies       ─▶ that
    ./.zeren/instance.json, ../.zeren/…             found here or in a folder above ─▶ that
    nothing                                         NotRunning, with what to do

A variable of the environment outranks the file. ``embedded`` is the one-machine mode, in which a name is enough to act
and everything stays on loopback; any instance that was not started by ``zeren up`` is not embedded. How people sign in
elsewhere is ``sign_in`` (docs/operations.md): at a provider of OpenID Connect, or at a proxy that says who it is.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

from pydantic import Field, ValidationError

from console.errors import NotRunning
from domain.base import Frozen
from workflows.names import TASK_QUEUE

DATA = ".zeren"

_FROM_ENVIRONMENT = {
    "mode": "ZEREN_MODE",
    "database_url": "ZEREN_DATABASE_URL",
    "temporal_address": "ZEREN_TEMPORAL_ADDRESS",
    "temporal_namespace": "ZEREN_TEMPORAL_NAMESPACE",
    "task_queue": "ZEREN_TASK_QUEUE",
    "kek_file": "ZEREN_KEK_FILE",
    "evidence_key_file": "ZEREN_EVIDENCE_KEY_FILE",
    "evidence_dir": "ZEREN_EVIDENCE_DIR",
    "url": "ZEREN_URL",
    "data": "ZEREN_DATA",
    "secrets": "ZEREN_SECRETS",
    "pack": "ZEREN_PACK",
    "host": "ZEREN_HOST",
    "port": "ZEREN_PORT",
    "sign_in": "ZEREN_SIGN_IN",
    "oidc_issuer": "ZEREN_OIDC_ISSUER",
    "oidc_client_id": "ZEREN_OIDC_CLIENT_ID",
    "oidc_claim": "ZEREN_OIDC_CLAIM",
    "proxy_peers": "ZEREN_PROXY_PEERS",
    "proxy_header": "ZEREN_PROXY_HEADER",
    "session_idle_minutes": "ZEREN_SESSION_IDLE_MINUTES",
    "session_hours": "ZEREN_SESSION_HOURS",
}
_NEEDED = ("database_url", "temporal_address", "kek_file")


class Settings(Frozen):
    """Where everything is. ``database_url`` may hold a password and is never printed.

    ``secrets`` is the folder with a file for each secret that an outlet of notices names (docs/operations.md).
    """

    mode: Literal["embedded", "production"] = "production"
    database_url: str = Field(repr=False)
    temporal_address: str
    temporal_namespace: str = "default"
    task_queue: str = TASK_QUEUE
    kek_file: Path
    evidence_key_file: Path | None = None
    evidence_dir: Path | None = None
    url: str = "http://127.0.0.1:8400"
    data: Path | None = None
    secrets: Path | None = None
    pack: str = ""
    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=1, le=65535)
    sign_in: Literal["oidc", "header"] | None = None
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_claim: str = "sub"
    proxy_peers: str = ""
    proxy_header: str = "X-Forwarded-User"
    session_idle_minutes: int = Field(default=30, ge=1, le=24 * 60)
    session_hours: int = Field(default=12, ge=1, le=7 * 24)

    @property
    def https(self) -> bool:
        """Whether the console is called over TLS, which then ends at a proxy before it."""
        return self.url.startswith("https://")

    @property
    def secrets_folder(self) -> Path | None:
        """Where the secrets lie: as said, or beside the data of one machine."""
        return self.secrets or (self.data / "secrets" if self.data else None)

    @property
    def embedded(self) -> bool:
        """Whether a name is enough to act: on one machine, on loopback."""
        return self.mode == "embedded"

    @property
    def signing_keys(self) -> Path | None:
        """The file of keys that sign checkpoints; None in production until one is named."""
        return self.evidence_key_file or (self.data / "keys" / "evidence.json" if self.data else None)

    @property
    def evidence_folder(self) -> Path | None:
        """Where checkpoints are written to; None in production until a folder is named."""
        return self.evidence_dir or (self.data / "evidence" if self.data else None)

    @classmethod
    def find(cls, environ: Mapping[str, str] | None = None, start: Path | None = None) -> "Settings":
        """The settings of the instance that is meant. Raises NotRunning with what to do."""
        environ = os.environ if environ is None else environ
        told = {field: environ[name] for field, name in _FROM_ENVIRONMENT.items() if environ.get(name)}
        found: dict[str, Any] = {}
        if "database_url" not in told:
            found = _instance(told.get("data"), start or Path.cwd())
        values = {**found, **told}
        missing = [_FROM_ENVIRONMENT[field] for field in _NEEDED if not values.get(field)]
        if missing:
            names = ", ".join(missing)
            raise NotRunning(
                f"缺少设置 {names}；请设置后重试，或用 make run 启动单机实例。",
                f"The setting {names} is missing; set it, or start the one-machine instance with make run.",
            )
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            field = str(error.errors()[0]["loc"][0])
            name = _FROM_ENVIRONMENT.get(field, field)
            raise NotRunning(
                f"设置 {name} 的值无效；请更正后重试。",
                f"The setting {name} has a value that does not fit; correct it.",
            ) from None


def data_folder(environ: Mapping[str, str] | None = None, start: Path | None = None) -> Path:
    """Where ``zeren up`` keeps its data: ZEREN_DATA, or ``.zeren/`` in the current folder."""
    environ = os.environ if environ is None else environ
    return Path(environ.get("ZEREN_DATA") or (start or Path.cwd()) / DATA)


def _instance(data: str | None, start: Path) -> dict[str, Any]:
    """What the instance file says, without what is of no use here. Raises NotRunning where nothing runs."""
    folders = [Path(data)] if data else [folder / DATA for folder in (start, *start.parents)]
    for folder in folders:
        try:
            told = json.loads((folder / "instance.json").read_bytes())
        except FileNotFoundError:
            continue
        except NotADirectoryError:
            continue
        except PermissionError:
            raise NotRunning(
                f"无权读取 {folder} 中的实例信息；请以启动它的用户运行。",
                f"The instance file in {folder} cannot be read by you; run this as the user who started it.",
            ) from None
        except (OSError, ValueError):
            raise _not_running(folder) from None
        if not isinstance(told, dict) or cast("dict[str, Any]", told).get("state") == "stopped":
            raise _not_running(folder)
        known = cast("dict[str, Any]", told)
        values = {field: known[field] for field in _FROM_ENVIRONMENT if known.get(field)}
        return {**values, "mode": "embedded", "data": folder}
    raise _not_running(folders[0])


def _not_running(folder: Path) -> NotRunning:
    return NotRunning(
        f"责任系统没有在运行（{folder}）；请先用 make run 启动。",
        f"Zeren is not running here ({folder}); start it with make run.",
    )
