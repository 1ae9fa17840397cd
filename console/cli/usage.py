"""What is wrong with how a command was called: one sentence in both languages, and where to read on.

No value is quoted: what was typed may be a resident's words that slipped out of their quotation marks.
"""

import click
from click.exceptions import NoSuchCommand

_SHOWN = 40


def usage(error: click.UsageError) -> tuple[str, str]:
    """The sentence about a call that click could not read."""
    if " / " in error.message:
        # It is one of ours, which has both languages already.
        zh, _, en = error.message.partition(" / ")
    else:
        zh, en = _wrong(error)
    path = error.ctx.command_path if error.ctx else "zeren"
    return f"{zh.rstrip('。')}；用法见 {path} --help。", f"{en.rstrip('.')}; see {path} --help."


def _wrong(error: click.UsageError) -> tuple[str, str]:
    match error:
        case NoSuchCommand():
            name = _short(error.command_name)
            return f"没有命令“{name}”", f"There is no command {name}"
        case click.NoSuchOption():
            return _no_such_option(_short(error.option_name), list(error.possibilities or ()))
        case click.BadOptionUsage():
            name = _short(error.option_name)
            return f"选项 {name} 缺少值，或不应带值", f"The option {name} lacks its value, or takes none"
        case click.MissingParameter():
            name = _called(error)
            return f"缺少 {name}", f"{name} is missing"
        case click.BadParameter():
            zh, en = _fits(error.param.type if error.param else None)
            name = _called(error)
            return f"{name} {zh}", f"{name} {en}"
        case _ if "unexpected extra argument" in error.message:
            return "多出了内容，值有空格时加引号", "There is a word too many, quote a value with blanks in it"
        case _:
            return "命令的写法不对", "The call is not written as it should be"


def _no_such_option(name: str, near: list[str]) -> tuple[str, str]:
    zh, en = f"没有选项 {name}", f"There is no option {name}"
    if not near:
        return zh, en
    listed = ", ".join(near)
    return f"{zh}，相近的有 {listed}", f"{en}, what comes near is {listed}"


def _called(error: click.BadParameter) -> str:
    """The option as it is typed, or the argument as the help shows it."""
    if error.param is None:
        return _short(str(error.param_hint or "?"))
    if isinstance(error.param, click.Option):
        return max(error.param.opts, key=len)
    return error.param.human_readable_name


def _fits(wanted: object) -> tuple[str, str]:
    """What would fit in the place of the value that did not."""
    match wanted:
        case click.IntRange(min=int(least), max=int(most)):
            return f"应为 {least} 至 {most} 的整数", f"has to be a whole number from {least} to {most}"
        case click.types.IntParamType():
            return "应为整数", "has to be a whole number"
        case click.Path(file_okay=False, exists=True):
            return "应为已有的文件夹", "has to be a folder that is there"
        case click.Path(file_okay=False):
            return "应为文件夹", "has to be a folder"
        case click.Path():
            return "应为文件的路径", "has to be the path of a file"
        case _:
            return "的值不合适", "has a value that does not fit"


def _short(text: str) -> str:
    return "".join(char for char in text if char.isprintable())[:_SHOWN]
