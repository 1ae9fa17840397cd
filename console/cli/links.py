"""`zeren case link`: a one-time link for a provider that has been asked how its task stands."""

import click

from console.cli.options import acting, as_json
from console.cli.output import emit
from console.cli.telling import run
from console.errors import WrongUsage
from console.hats import Acting
from console.opening import opened_desk
from console.settings import Settings


@click.command("link")
@click.argument("number")
@click.option("--contract", required=True, help="合同编号 / the contract under which it was asked.")
@acting
@as_json
def link(number: str, contract: str, user: str | None, hat: str | None) -> None:
    """为已询问的承接方生成一次性链接 / a one-time link for the provider that was asked.

    先用 ask_provider 询问。链接只显示一次；重新生成后，旧链接作废。
    Ask it with ask_provider first. The link is told once; a new one replaces the old.

    例 / example: zeren case link K7M2-9QXW --contract wuchang-lifts --as wuchang-housing-1
    """
    if user is None:
        raise WrongUsage("请说明由谁办理：--as 人员编号。", "Say who acts: --as USER.")
    who = Acting(user, hat)

    async def work() -> None:
        async with opened_desk(Settings.find()) as parts:
            issued = await parts.links.issue(number, contract, who)
            address = f"{parts.settings.url.rstrip('/')}{issued.path}"
        emit({**issued.model_dump(mode="json"), "url": address}, lambda: [address])

    run(work())
