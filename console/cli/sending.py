"""What is printed about a command that was sent: its id before, the door's outcome after."""

from collections.abc import Iterable

import click

from console.cli.output import emit, say
from console.desk import Receipt
from console.words import LABELS, command_word
from domain.words import State
from workflows.door import OutcomeKind


def note_id(id_: str, *, given: bool) -> None:
    """Say the id that was made for a command, before it is sent, so that it can be tried again."""
    if not given:
        say(f"命令编号 / command id: {id_}")


def conclude(receipt: Receipt) -> None:
    """Print the outcome. Raises click's Exit(1) where the command was not carried out."""
    emit(receipt.as_json(), lambda: _in_words(receipt))
    if receipt.outcome.kind is not OutcomeKind.DONE:
        say(f"{receipt.outcome.zh} / {receipt.outcome.en}")
        raise click.exceptions.Exit(1)


def _in_words(receipt: Receipt) -> Iterable[str]:
    answer = receipt.outcome.answer
    if not receipt.done or answer is None:
        return
    word = command_word(receipt.command)
    state = LABELS[State].get(answer.state or "", "—")
    yield f"{word.zh} · {answer.number} · {state}（{answer.state}）· 第 {answer.version} 版"
    yield f"{word.en} · {answer.number} · {answer.state} · version {answer.version}"
    if receipt.slip is not None:
        told = receipt.slip.as_json()
        yield f"回执码 receipt: {told['receipt'] or '—'}"
        yield f"{told['receipt_note']['zh']} / {told['receipt_note']['en']}"
