"""What runs: everything on one machine (`zeren up`), or the worker and the console apart, for production."""

import asyncio
from importlib.resources import as_file, files
from pathlib import Path

import click

from console.settings import data_folder


@click.command("up")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="数据目录 / the data folder.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8400,
    show_default=True,
    help="控制台端口 / the console's port.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="本机回环地址 / a loopback address.")
@click.option(
    "--pack",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="首次启动时载入的数据包，缺省为武昌 / the pack of the first start; Wuchang's if left out.",
)
def up(data: Path | None, port: int, host: str, pack: Path | None) -> None:
    """在本机启动全部：数据库、流程服务、工作进程、控制台 / start everything on this machine.

    Ctrl-C 停止。/ Ctrl-C stops it.

    例 / example: zeren up --port 8400
    """
    from console.sign_in import is_loopback
    from deploy.onemachine.steps import command
    from deploy.onemachine.supervisor import up as run_all

    if not is_loopback(host):
        raise click.UsageError(
            "单机模式只在本机回环地址上运行 / the one-machine mode stays on a loopback address."
        )
    prepare = (
        command("准备数据库 / preparing the database", "migrate"),
        command("载入数据包 / loading the pack", "pack", "load", "--first", "{pack}"),
        command("准备签名密钥 / preparing the signing key", "ledger", "key", "--first"),
    )
    recover = command(
        "流程引擎的数据不在了，由台账重新启动未结案件的流程 / Temporal's data are gone: the ledger starts the workflows "
        "of all open cases again",
        "rehydrate",
    )
    with as_file(files("deploy").joinpath("wuchang")) as wuchang:
        work = run_all(
            data or data_folder(), port, host, pack=pack or wuchang, prepare=prepare, recover=(recover,)
        )
        code = asyncio.run(work)
    raise click.exceptions.Exit(code)


@click.command("worker")
def worker() -> None:
    """运行工作进程 / run the worker.

    例 / example: ZEREN_DATABASE_URL=… ZEREN_TEMPORAL_ADDRESS=… ZEREN_KEK_FILE=… zeren worker
    """
    from worker import main

    main()


@click.command("console")
def console() -> None:
    """运行控制台 / run the console.

    例 / example: ZEREN_PORT=8400 zeren console
    """
    from console.web.serve import main

    main()
