"""The steps of a start that are no child: leftovers, the port, the key file, what prepares the database."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from deploy.onemachine.instance import Instance
from deploy.onemachine.places import make_private
from deploy.onemachine.processes import StartRefused, exit_words, stop_leftover
from deploy.onemachine.words import say

Prepare = Callable[[Instance], Awaitable[None]]
"""A step between the servers and the children: migrations, the first pack. It raises StartRefused to stop all."""


def stop_earlier(earlier: Instance | None) -> None:
    """Stops what an earlier run left behind; only processes that are surely those."""
    if earlier is None:
        return
    for name in ("console", "worker", "temporal", "postgres"):
        pid, born = earlier.pids.get(name), earlier.births.get(name)
        if pid is None or born is None:
            continue
        first = signal.SIGINT if name == "postgres" else signal.SIGTERM
        if stop_leftover(pid, born, first, 15):
            say(
                f"已停止上次遗留的 {name}（{pid}） / stopped the {name} that an earlier run left behind ({pid})"
            )


def check_port(host: str, port: int) -> None:
    """Refuses an address that cannot be bound, before anything is started.

    Raises:
        StartRefused: it is taken, or not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartRefused(
                f"端口 {host}:{port} 不可用；请停止占用它的程序，或换端口：make run PORT={port + 1}",
                f"Port {port} on {host} cannot be used ({error.strerror}). Stop the program that has it, or choose "
                f"another: make run PORT={port + 1}",
            ) from error


def key_file(data: Path, create: Callable[[Path], object], *, first: bool) -> Path:
    """Finds the key-encryption key's file; makes it on the first start only.

    A new key for an old ledger would make every resident's data unreadable while looking healthy.
    """
    path = Path(os.environ.get("ZEREN_KEK_FILE") or data / "keys" / "kek.json").absolute()
    if path.exists():
        return path
    if not first:
        raise StartRefused(
            f"密钥文件 {path} 不见了，而台账已存在；没有它，居民信息无法读取。请从备份恢复，本次没有启动任何程序。",
            f"The key file {path} is gone while the ledger exists: without it no resident's data can be read. "
            "Restore it from your backup; nothing was started.",
        )
    make_private(path.parent)
    create(path)
    return path


def create_kek_file(path: Path) -> None:
    """Makes the key file as the ledger wants it."""
    from ledger import keys  # noqa: PLC0415  # the one thing we need of the ledger, at the first start

    keys.create_kek_file(path)


def environment(instance: Instance, host: str, port: int) -> dict[str, str]:
    """What the worker and the console get: ours, and the instance's facts."""
    own = {"ZEREN_HOST": host, "ZEREN_PORT": str(port), "PYTHONUNBUFFERED": "1"}
    return {**os.environ, **instance.environment(), **own}


def command(title: str, *arguments: str) -> Prepare:
    """A prepare step that runs `zeren ARGUMENTS…` as a child; its words go to our stderr.

    `{pack}` among the arguments stands for the pack's folder.
    """

    async def step(instance: Instance) -> None:
        say(title)
        ready = [argument.replace("{pack}", instance.pack) for argument in arguments]
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "console.cli.main", *ready),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            env={**os.environ, **instance.environment()},
        )
        try:
            code = await child.wait()
        except asyncio.CancelledError:
            child.kill()
            await child.wait()
            raise
        if code != 0:
            ended = exit_words(code)
            raise StartRefused(
                f"启动步骤 zeren {' '.join(ready)} {ended.zh}，原因见上；请排除后重新启动，已启动的程序均已停止。",
                f"The step zeren {' '.join(ready)} {ended.en}; its reason stands above. Mend it and start again; "
                "nothing is left running.",
            )

    return step
