"""`zeren case act`: any command of the domain, its fields read off its model.

zeren case act NUMBER COMMAND --field value --yes-no-field --no-yes-no-field
"""

import sys
from collections.abc import Sequence
from typing import cast

import click

from console.cli import printed
from console.cli.options import acting, as_json
from console.cli.output import emit
from console.cli.sending import conclude, note_id
from console.cli.telling import run
from console.desk import Desk, new_command_id
from console.errors import WrongUsage
from console.fields import Spec, spec
from console.hats import Acting
from console.numbers import case_number
from console.opening import opened_desk, opened_reader
from console.settings import Settings
from console.words import LABELS, command_word, field_word

_NEGATED = "no_"


@click.command("act", context_settings={"ignore_unknown_options": True})
@click.argument("number")
@click.argument("command", required=False)
@click.argument("fields", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--list", "list_", is_flag=True, help="列出现在可办的命令、由谁办、其余为何不可 / what it allows now."
)
@click.option("--fields", "fields_", is_flag=True, help="列出该命令的各项 / the fields of COMMAND.")
@click.option("--expected-version", type=int, help="您看到的版本 / the version that you saw.")
@click.option("--command-id", help="命令编号，重试时沿用 / give the same one to try again.")
@acting
@as_json
def act(
    number: str,
    command: str | None,
    fields: tuple[str, ...],
    *,
    list_: bool,
    fields_: bool,
    expected_version: int | None,
    command_id: str | None,
    user: str | None,
    hat: str | None,
) -> None:
    """办理：对案件下达一个命令 / give a command on a case.

    各项写作 --项 值（横线等同下划线）；是非项可写 --passed 或 --no-passed；文字项写 - 则从标准输入读取。
    Fields are --field value; yes-or-no ones may be --passed or --no-passed; a text of - is read from stdin.

    \b
    例 / examples:
      zeren case act K7M2-9QXW --list
      zeren case act K7M2-9QXW propose --fields
      zeren case act K7M2-9QXW propose --to 420106.housing --as wuchang-clerk-1
    """  # noqa: D301 - click reads the backspace as "leave these lines as they are"
    if fields_:
        emit(_fields_json(_wanted(command)), lambda: _fields_words(_wanted(command)))
        return
    if list_:
        _list(number, Acting(user, hat) if user else None)
        return
    known = spec(_wanted(command))
    raw = parse(known, fields)
    case_number(number)

    async def work() -> None:
        id_ = command_id or new_command_id()
        async with opened_desk(Settings.find()) as parts:
            if user is None:
                raise await _nobody_named(parts.desk, number, known.command)
            note_id(id_, given=command_id is not None)
            receipt = await parts.desk.act(
                number,
                known.command,
                raw,
                Acting(user, hat),
                expected_version=expected_version,
                command_id=id_,
            )
        conclude(receipt)

    run(work())


def _wanted(command: str | None) -> str:
    if command is None:
        raise WrongUsage(
            "请写明命令，或用 --list 查看现在可办的命令。",
            "Name a command, or see with --list what the case allows now.",
        )
    return command.replace("-", "_")


def parse(known: Spec, words: Sequence[str]) -> dict[str, object]:
    """Field and value pairs as they were typed. Raises WrongUsage."""
    raw: dict[str, object] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or word == "--":
            raise WrongUsage(
                "多出了不属于任何一项的内容；各项写作 --项 值，值有空格时加引号。",
                "There is a word that belongs to no field; write --field value, and quote a value with blanks in it.",
            )
        name, has_value, value = word[2:].partition("=")
        name = name.replace("-", "_")
        field = known.fields.get(name)
        if name in raw and not (field and field.kind == "bodies"):
            raise WrongUsage(
                f"“{name}”给了两次；请只给一次。", f"The field {name} is given twice; give it once."
            )
        given = _one(known, name, value if has_value else None, rest)
        if field and field.kind == "bodies":
            given = {name: [*cast("list[object]", raw.get(name, [])), given[name]]}
        raw.update(given)
    return raw


def _one(known: Spec, name: str, value: str | None, rest: list[str]) -> dict[str, object]:
    """One field; takes its value off ``rest`` where it did not come with it."""
    field = known.fields.get(name)
    positive = name.removeprefix(_NEGATED)
    if field is None and positive != name and positive in known.fields and value is None:
        return {positive: False}
    if (
        value is None
        and field is not None
        and field.kind == "yes_no"
        and (not rest or rest[0].startswith("--"))
    ):
        return {name: True}
    if value is None:
        if not rest:
            raise WrongUsage(
                f"“{name}”缺少值；请写作 --{name} 值。",
                f"The field {name} has no value; write --{name} VALUE.",
            )
        value = rest.pop(0)
    return {name: sys.stdin.read() if value == "-" and name in known.texts else value}


async def _nobody_named(desk: Desk, number: str, command: str) -> WrongUsage:
    """Who may give the command now, for somebody who did not say who he is."""
    listed = await desk.allowed(number)
    people: list[str] = next((row["people"] for row in listed["commands"] if row["command"] == command), [""])
    shown = ", ".join(people[:5])
    zh = f"现在可由 {shown} 办理" if shown else "用 --list 查看可由谁办理"
    en = f"{shown} may now" if shown else "see with --list who may"
    return WrongUsage(f"请说明由谁办理：--as 人员编号；{zh}。", f"Say who acts: --as USER; {en}.")


def _list(number: str, acts: Acting | None) -> None:
    async def work() -> None:
        async with opened_reader(Settings.find(), acts.user if acts else None) as reader:
            document = await reader.allowed(number, acts)
        emit(document, lambda: printed.allowed(document))

    run(work())


def _fields_json(command: str) -> dict[str, object]:
    known = spec(command)
    fields = [
        {
            "name": field.name,
            "kind": field.kind,
            "required": field.required,
            "choices": [choice.value for choice in field.choices] if field.choices else None,
        }
        for field in known.fields.values()
    ]
    texts = [
        {"name": name, "kind": "text", "required": needed, "choices": None}
        for name, needed in known.texts.items()
    ]
    return {"command": command, "fields": fields + texts}


def _fields_words(command: str) -> list[str]:
    known = spec(command)
    lines = [f"{command} {command_word(command).zh} / {command_word(command).en}"]
    for name in known.names():
        field = known.fields.get(name)
        needed = field.required if field else known.texts[name]
        mark = "必填 needed" if needed else "可选 optional"
        lines.append(f"  --{name.replace('_', '-')}  {field_word(name).zh} / {field_word(name).en}（{mark}）")
        if field and field.choices:
            words = LABELS.get(field.choices, {})
            lines.append(
                "      " + " · ".join(f"{choice} {words.get(choice, '')}" for choice in field.choices)
            )
    return lines
