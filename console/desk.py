"""The desk: where a person takes a case in and acts on it. The commands, the HTTP API and the pages all sit at it.

    raw fields ─▶ read: one sentence if they do not fit
               ─▶ names become ids
               ─▶ free text into the compartment          before anything is sent
               ─▶ which hat
               ─▶ the door ─▶ Receipt

Nothing that somebody wrote freely goes further than the compartment: the command carries the reference. The same
command id sent again gets the first answer, so the hat is then the one of the first time.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

import asyncpg
from pydantic import TypeAdapter, ValidationError

from console import names, views
from console.errors import WrongUsage
from console.fields import Given, read
from console.hats import Acting, choose, hats, wide_needs
from console.numbers import unknown
from console.reader import Reader
from console.views import Json
from domain.actors import Actor, by_link
from domain.base import BodyId, CommandId, Frozen
from domain.case import Case
from domain.commands import COMMAND, AnyCommand, Register
from domain.decide import needs
from domain.errors import BadInput, CommandReused, CompartmentMissing
from domain.facts import Needs
from domain.firewall import NO_CASE
from domain.numbers import case_id
from domain.personal import PersonalRef
from domain.ports import Ask, fingerprint
from domain.rules import refusal
from domain.words import Procedure, Role
from ledger.compartment import put
from ledger.facts import look_up
from ledger.keys import Keyring
from ledger.load import answered, load
from workflows.door import COMMAND_REUSED, Outcome, OutcomeKind

_COMMAND_ID: TypeAdapter[str] = TypeAdapter(CommandId)


class Sender(Protocol):
    """The door, as far as the desk uses it."""

    async def send(self, case: UUID, command: AnyCommand, *, patience: float = 20.0) -> Outcome:
        """Send a command and wait for its answer."""
        ...


class Receipt(Frozen):
    """What came of a command: its id, so that it can be sent again, the case, who acted, and the door's outcome.

    ``sealed``: it took in a case that accuses somebody, which the registrar may not see any more. It says nothing of how the
    case stands, and the same whenever the command is sent again.
    """

    command: str
    command_id: str
    case: UUID
    number: str | None
    actor: Actor
    outcome: Outcome
    sealed: bool = False

    @property
    def done(self) -> bool:
        """Whether the command was carried out."""
        return self.outcome.kind is OutcomeKind.DONE

    def as_json(self) -> Json:
        """The shape that every surface gives back."""
        answer = self.outcome.answer
        return {
            "outcome": self.outcome.kind.value,
            "number": (answer.number if answer else None) or self.number,
            "state": answer.state if answer and not self.sealed else None,
            "version": answer.version if answer and not self.sealed else None,
            "command": self.command,
            "command_id": self.command_id,
            "actor": views.actor_view(self.actor),
            "at": views.moment(answer.at) if answer else None,
            "events": [views.event_ref(event) for event in answer.events]
            if answer and not self.sealed
            else [],
            "refusal": views.refused(self.outcome.refusal),
            "zh": self.outcome.zh,
            "en": self.outcome.en,
        }


class Desk(Reader):
    """The writes, and with them all reads."""

    def __init__(self, pool: asyncpg.Pool, keyring: Keyring, door: Sender) -> None:
        """All three are opened and closed by whoever made them."""
        super().__init__(pool)
        self._keyring = keyring
        self._door = door

    async def open_case(
        self, fields: Mapping[str, object], acting: Acting, *, command_id: str | None = None
    ) -> Receipt:
        """Take a case in. Raises BadInput; a refusal by rule is in the receipt."""
        given = read("register", fields)
        if "text" not in given.texts:
            raise BadInput(
                "缺少诉求内容（text）；请填写居民反映的问题。",
                "The text is missing: write down what the resident says.",
            )
        if given.values.get("anonymous") and given.texts.keys() & {"name", "phone", "address"}:
            raise BadInput(
                "匿名（anonymous）的诉求不能登记姓名、电话或地址；请二选一。",
                "An anonymous case cannot have a name, a phone or an address; choose one or the other.",
            )
        id_ = _checked_id(command_id)
        worn = await self._hats(acting)
        return await self._send(case_id(id_), None, "register", given, worn, id_)

    async def act(
        self,
        number: str,
        command: str,
        fields: Mapping[str, object],
        acting: Acting,
        *,
        expected_version: int | None = None,
        command_id: str | None = None,
    ) -> Receipt:
        """Give a command on a case. Raises BadInput, UnknownCase; a refusal by rule is in the receipt."""
        if command == "register":
            raise WrongUsage(
                "登记新案件请用 case open（或 POST /api/v1/cases）。",
                "A new case is registered with case open, or POST /api/v1/cases.",
            )
        if expected_version is not None and not 0 < expected_version < 2**31:
            raise BadInput(
                "版本号（expected_version）应为正整数。",
                "The expected_version has to be a positive whole number.",
            )
        given = read(command, fields)
        id_ = _checked_id(command_id)
        case = await self.seen_by(acting.user).case(number)
        worn = await self._hats(acting)
        receipt = await self._send(
            case.id, case, command, given, worn, id_, expected_version=expected_version
        )
        if receipt.outcome.refusal is not None and receipt.outcome.refusal.rule == NO_CASE.code:
            # The wall went up between the look and the decision.
            raise unknown(case.number)
        return receipt

    async def _hats(self, acting: Acting) -> list[Actor]:
        return await hats(self._pool, acting, datetime.now(UTC))

    async def answer_by_link(
        self, case: Case, provider: BodyId, link: str, fields: Mapping[str, object]
    ) -> Receipt:
        """A provider answers a question by its link: once, since the command's id is the question's.

        Raises BadInput; a refusal by rule is in the receipt.
        """
        given = read("answer_as_provider", {**fields, "link": link})
        if "finding" not in given.texts:
            raise BadInput(
                "请填写答复内容（finding）。", "Write down what there is to say in the field finding."
            )
        worn = [by_link(provider)]
        return await self._send(case.id, case, "answer_as_provider", given, worn, f"provider-answer:{link}")

    async def intake_clerk(self) -> str | None:
        """Who takes cases in on one machine where nobody is named: the first clerk in post at a dispatching body."""
        clerks = [
            (colleague.id, hat.post.body)
            for colleague in await self.people()
            for hat in colleague.hats
            if hat.post.role is Role.CLERK
        ]
        if not clerks:
            return None
        facts = await look_up(self._pool, Needs(bodies=frozenset(body for _, body in clerks)))
        dispatching = {row.body for row in facts.dispatch if row.procedure is Procedure.HOTLINE}
        return next((who for who, body in clerks if body in dispatching), clerks[0][0])

    async def _send(
        self,
        case: UUID,
        standing: Case | None,
        command: str,
        given: Given,
        worn: list[Actor],
        id_: str,
        *,
        expected_version: int | None = None,
    ) -> Receipt:
        resolved = await names.resolve(self._pool, command, given)
        common: dict[str, Any] = {"type": command, "id": id_, "expected_version": expected_version}
        draft = _typed({**common, **resolved.values, "actor": worn[0]})
        try:
            personal = await self._sealed(case, id_, given.texts)
        except CommandReused:
            return self._reused(command, id_, case, standing, worn[0])
        sealed = draft.model_copy(update={"personal": personal})
        actor = await self._hat(case, standing, sealed, worn)
        outcome = await self._door.send(case, sealed.model_copy(update={"actor": actor}))
        return Receipt(
            command=command,
            command_id=id_,
            case=case,
            number=standing.number if standing else None,
            actor=actor,
            outcome=outcome,
            sealed=isinstance(draft, Register) and bool(draft.against),
        )

    async def _sealed(self, case: UUID, id_: str, texts: dict[str, str]) -> PersonalRef | None:
        """The reference to the free texts, once they lie in the compartment. Raises CommandReused."""
        if not texts:
            return None
        try:
            return await put(self._pool, self._keyring, case, id_, texts)
        except CompartmentMissing:
            # Its row was swept between two looks; there is none now, so the second try writes one.
            return await put(self._pool, self._keyring, case, id_, texts)

    async def _hat(self, case: UUID, standing: Case | None, command: AnyCommand, worn: list[Actor]) -> Actor:
        """The hat for the command: that of its first sending, else the one that may give it now."""
        if len(worn) == 1:
            return worn[0]
        if command.id in (await load(self._pool, case)).answered:
            for hat in worn:
                again = command.model_copy(update={"actor": hat})
                ask = Ask(case=case, command=command.id, fingerprint=fingerprint(again))
                if (await answered(self._pool, ask)).outcome == "found":
                    return hat
        facts = await look_up(self._pool, wide_needs(needs(standing, command), worn))
        return choose(worn, command.type, standing, facts, datetime.now(UTC))

    def _reused(self, command: str, id_: str, case: UUID, standing: Case | None, actor: Actor) -> Receipt:
        """The answer to an id that came before with other words."""
        said = refusal(COMMAND_REUSED)
        outcome = Outcome(
            kind=OutcomeKind.REFUSED,
            refusal=said,
            zh=f"{said.zh}{said.next_zh}",
            en=f"{said.en} {said.next_en}",
        )
        number = standing.number if standing else None
        return Receipt(
            command=command, command_id=id_, case=case, number=number, actor=actor, outcome=outcome
        )


def new_command_id() -> str:
    """An id for a command that has none: random, so that it says nothing."""
    return str(uuid4())


def _checked_id(command_id: str | None) -> str:
    if command_id is None:
        return new_command_id()
    try:
        return _COMMAND_ID.validate_python(command_id)
    except ValidationError:
        raise BadInput(
            "命令编号（command_id）只能由 1 至 128 个字母、数字和 . _ : - 组成。",
            "A command_id has 1 to 128 characters: letters, digits and . _ : - only.",
        ) from None


def _typed(values: dict[str, Any]) -> AnyCommand:
    """The command as its model. Raises BadInput naming the field; what was typed is not quoted."""
    try:
        return COMMAND.validate_python(values)
    except ValidationError as error:
        field = str(error.errors()[0]["loc"][-1])
        raise BadInput(
            f"{field} 的格式不对；请核对。", f"The field {field} has not the shape it should have; check it."
        ) from None
