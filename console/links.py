"""One-time links for providers: issued by who may ask the provider, opened by whoever holds one, good for one answer.

    issue ─▶ an open question of the case? may he ask the provider? ─▶ a secret, told once
    open  ─▶ NoSuchLink (404) │ LinkUsed (410: answered, or replaced by a newer one) │ the task, and nothing else
    answer ─▶ the door ─▶ done │ used meanwhile (410)

Reading the task is on record before its text is released, under the provider's name. Nothing else of the case, and
nothing of the resident, goes out here.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import asyncpg

from console.desk import Desk, Receipt
from console.errors import WrongUsage
from console.hats import Acting, choose, hats, wide_needs
from domain.actors import by_link
from domain.authority import may
from domain.base import BodyId, Frozen, Instant
from domain.case import Case
from domain.commands import AskProvider, Start
from domain.deadlines import Deadline
from domain.decide import needs
from domain.errors import BadInput, CompartmentMissing
from domain.firewall import barred
from domain.personal import PersonalRef
from domain.relations import Commission, Question
from domain.rules import Refusal
from domain.words import DeadlineKind
from ledger import directory
from ledger.compartment import Reading, reveal
from ledger.facts import look_up
from ledger.keys import Keyring
from ledger.links import ProviderLink, find_link, issue_link
from ledger.load import load
from ledger.reads import case_state


class NoSuchLink(BadInput):
    """There is no such link: the same answer whatever was tried."""

    def __init__(self) -> None:
        """One sentence."""
        super().__init__(
            "链接无效；请向委托单位核对。", "There is no such link; check it with the office that sent it."
        )


class LinkUsed(BadInput):
    """The link has been used, or a newer one was issued."""

    def __init__(self) -> None:
        """One sentence."""
        super().__init__(
            "链接已使用或已更换，不能再次提交；有新情况请联系委托单位。",
            "The link has been used or replaced and takes no answer any more; tell the office if something has changed.",
        )


class NotYours(BadInput):
    """Who asked for a link may not ask the provider."""

    def __init__(self, refusal: Refusal) -> None:
        """Says what the rule says."""
        super().__init__(f"{refusal.zh}{refusal.next_zh}", f"{refusal.en} {refusal.next_en}")


class Issued(Frozen):
    """A link, told once. ``until`` is the end of its window."""

    number: str
    contract: str
    provider: str
    link: str
    path: str
    until: Instant | None


class Task(Frozen):
    """What a provider sees: which provider, of which case, what is asked, until when, and whether that has passed."""

    number: str
    provider: str
    text: str
    until: Instant | None
    late: bool


class Links:
    """The links over one desk."""

    def __init__(self, pool: asyncpg.Pool, keyring: Keyring, desk: Desk) -> None:
        """All three are opened and closed by whoever made them."""
        self._pool = pool
        self._keyring = keyring
        self._desk = desk

    async def issue(self, number: str, contract: str, acting: Acting) -> Issued:
        """A new link for the open question under that contract; one issued before for it is good no longer.

        Raises UnknownCase, BadInput where nothing is asked or the person may not ask.
        """
        case = await self._desk.seen_by(acting.user).case(number)
        commission = next(
            (each for each in case.commissions if each.contract == contract and each.active), None
        )
        question = commission.open_question if commission else None
        if commission is None or question is None:
            raise WrongUsage(
                "该合同下没有待承接方答复的问题；请先询问承接方（ask_provider）。",
                "Nothing is asked of a provider under that contract; ask it first (ask_provider).",
            )
        now = datetime.now(UTC)
        worn = await hats(self._pool, acting, now)
        draft = AskProvider(id="looking", actor=worn[0], contract=contract)
        facts = await look_up(self._pool, wide_needs(needs(case, draft), worn))
        actor = choose(worn, "ask_provider", case, facts, now)
        denial = may(actor, "ask_provider", case, facts, now)
        if denial is not None:
            raise NotYours(denial)
        token = await issue_link(self._pool, case.id, question.link, commission.provider, actor)
        clock = _window(case, commission)
        return Issued(
            number=case.number,
            contract=contract,
            provider=commission.provider,
            link=question.link,
            path=f"/p/{token}",
            until=clock.due if clock else None,
        )

    async def open(self, token: str) -> Task:
        """The task that the link is for. Raises NoSuchLink, LinkUsed."""
        link, case, question = await self._good(token)
        commission = _asked(case, link)
        clock = _window(case, commission) if commission.open_question == question else None
        body = await directory.bodies(self._pool, [link.provider])
        return Task(
            number=case.number,
            provider=body[link.provider].name.zh if link.provider in body else link.provider,
            text=await self._text(link, question.task),
            until=clock.due if clock else None,
            late=clock is None,
        )

    async def answer(self, token: str, fields: Mapping[str, object]) -> Receipt:
        """Give the answer. Raises NoSuchLink, LinkUsed, BadInput."""
        link, case, _ = await self._good(token)
        return await self._desk.answer_by_link(case, link.provider, link.link, fields)

    async def _good(self, token: str) -> tuple[ProviderLink, Case, Question]:
        link = await find_link(self._pool, token)
        case = await case_state(self._pool, link.case) if link else None
        if link is None or case is None:
            raise NoSuchLink
        if await self._barred(case, link.provider):
            raise NoSuchLink
        question = next((each for each in _asked(case, link).questions if each.link == link.link), None)
        if question is None:
            raise NoSuchLink
        given = (await load(self._pool, link.case)).answered
        if not link.newest or question.state == "answered" or f"provider-answer:{link.link}" in given:
            raise LinkUsed
        return link, case, question

    async def _barred(self, case: Case, provider: BodyId) -> bool:
        """Whether the wall of the case stands between it and the provider."""
        if not case.walled:
            return False
        facts = await look_up(self._pool, needs(case, Start(id="looking", actor=by_link(provider))))
        return barred(case, by_link(provider), facts, datetime.now(UTC))

    async def _text(self, link: ProviderLink, task: PersonalRef | None) -> str:
        if task is None:
            return ""
        reading = Reading(
            reader=by_link(link.provider),
            case=link.case,
            personal=task.id,
            fields=("task",),
            reason="provider_link",
        )
        try:
            return (await reveal(self._pool, self._keyring, reading)).get("task", "")
        except CompartmentMissing:
            return ""


def _asked(case: Case, link: ProviderLink) -> Commission:
    """The commission that the question belongs to. Raises NoSuchLink."""
    for each in case.commissions:
        if any(question.link == link.link for question in each.questions):
            return each
    raise NoSuchLink


def _window(case: Case, commission: Commission) -> Deadline | None:
    clocks = (each for each in case.deadlines if each.kind is DeadlineKind.PROVIDER_ANSWER)
    return next((clock for clock in clocks if clock.body == commission.provider), None)
