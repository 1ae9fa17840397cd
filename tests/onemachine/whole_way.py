"""The whole way of one case on the Wuchang pack, step by step as a user takes it, and its table by hand.

    open ─ triage ─ propose ─ object ─ contested ─ rule and designate ─ acknowledge ─ resolve ─ review
      ─ unsatisfied ─ resolve again ─ review ─ satisfied ─ close ─ reopen ─ resolve ─ review ─ …

It is told to a Teller: the command line or the HTTP API.
"""

from datetime import datetime
from itertools import pairwise
from typing import Any, Protocol
from uuid import uuid4

from domain.numbers import case_id

DISPATCH, GOVERNMENT, HOUSING, OTHER = (
    "420106.dispatch",
    "420106.government",
    "420106.housing",
    "420106.urban-management",
)
PLACE, MATTER = "420106001007", "property-service"

_RESOLVED = {
    "truth": "属实",
    "ours": "是",
    "contacted": "yes",
    "solved": "yes",
    "finding": "已核实",
    "reply": "已修好",
    "evidence": "照片",
}


class Teller(Protocol):
    """A way to reach the product. Both methods answer the receipt of something that must be done."""

    async def open(self, user: str, **fields: str) -> Any:
        """Take a case in."""
        ...

    async def act(self, number: str, user: str, command: str, **fields: str) -> Any:
        """Give a command on a case."""
        ...


FIRST_EPISODE = [
    ("triage", DISPATCH, DISPATCH),
    ("in_transit", DISPATCH, HOUSING),
    ("in_dispute", DISPATCH, GOVERNMENT),
    ("working", HOUSING, HOUSING),
    ("under_review", HOUSING, DISPATCH),
    ("awaiting_verdict", HOUSING, DISPATCH),
    ("working", HOUSING, HOUSING),
    ("under_review", HOUSING, DISPATCH),
    ("awaiting_verdict", HOUSING, DISPATCH),
    ("under_review", HOUSING, DISPATCH),
]
"""Charge, answering body, charged body: laid out from the table of the design, not from the code."""

SECOND_EPISODE = [
    ("working", HOUSING, HOUSING),
    ("under_review", HOUSING, DISPATCH),
    ("awaiting_verdict", HOUSING, DISPATCH),
]
"""Up to the review; what follows depends on the verdict or its lapse."""


class WholeWay:
    """One case, and who does what on it."""

    def __init__(self, teller: Teller) -> None:
        """``teller`` may be another one from step to step."""
        self.teller = teller
        self.number = ""
        self.key = f"whole-way-{uuid4()}"

    @property
    def case(self) -> str:
        """The id of the case, which answers do not tell."""
        return str(case_id(self.key))

    async def act(self, user: str, command: str, **fields: str) -> str:
        """A step that must be taken; answers the state after it."""
        return (await self.teller.act(self.number, user, command, **fields))["state"]

    async def take_in(self) -> None:
        """By the clerk, without a matter: it waits in triage."""
        opened = await self.teller.open(
            "wuchang-clerk-1", text="屋顶漏水，物业不管", name="张三", place=PLACE, key=self.key
        )
        self.number = opened["number"]
        assert opened["state"] == "triage"

    async def come_to_be_led(self) -> None:
        """Proposed, objected to, contested, ruled on, designated, acknowledged."""
        assert await self.act("wuchang-clerk-1", "triage", matter=MATTER) == "triage"
        assert await self.act("wuchang-clerk-1", "propose", to=HOUSING) == "proposed"
        ground = {"reason": "不属本单位职责", "proposed_owner": OTHER, "ground": "不归我们管"}
        assert await self.act("housing-caseworker-1", "object", **ground) == "objected"
        assert await self.act("wuchang-clerk-1", "contest_objection", ground="清单写明") == "ruling"
        assert await self.act("wuchang-head-1", "rule", designate=HOUSING, ground="清单第三条") == "working"
        assert await self.act("housing-caseworker-1", "acknowledge") == "working"

    async def be_resolved_and_reviewed(self) -> None:
        """By the lead, and by a reviewer who has not handled it."""
        assert await self.act("housing-caseworker-1", "resolve", **_RESOLVED) == "resolved"
        assert await self.act("wuchang-reviewer-1", "review", passed="是") == "awaiting_verdict"

    async def be_judged(self, satisfaction: str) -> str:
        """By the resident, asked over the telephone; answers the state after it."""
        said = {"response": "是", "resolution": "是", "channel": "phone", "satisfaction": satisfaction}
        return await self.act("wuchang-clerk-2", "record_verdict", **said)

    async def to_the_first_ending(self) -> None:
        """The first episode, with one unsatisfied verdict in it."""
        await self.take_in()
        await self.come_to_be_led()
        await self.be_resolved_and_reviewed()
        assert await self.be_judged("unsatisfied") == "working"
        await self.be_resolved_and_reviewed()
        assert await self.be_judged("satisfied") == "judged"
        assert await self.act("wuchang-reviewer-1", "close") == "ended"

    async def be_reopened(self) -> None:
        """Into a second episode, up to its review."""
        assert await self.act("wuchang-clerk-1", "reopen", channel="phone", ground="又漏了") == "working"
        await self.be_resolved_and_reviewed()


def adds_up(held: Any) -> None:
    """Each interval has a length and a sum, and within an episode no instant is missing or held twice."""
    rows = held["intervals"]
    for row in rows:
        span = datetime.fromisoformat(row["to"]) - datetime.fromisoformat(row["from"])
        assert row["seconds"] == span.total_seconds() > 0
    for before, after in pairwise(rows):
        if before["episode"] == after["episode"]:
            assert before["to"] == after["from"]
            # One command may take two events, with nothing between them.
            assert before["closed_by"]["version"] <= after["opened_by"]["version"]
        else:
            assert before["to"] < after["from"]
            assert (before["closed_by"]["type"], after["opened_by"]["type"]) == ("closed", "reopened")
    assert abs(held["seconds"] - sum(row["seconds"] for row in rows)) < 1e-6
    assert (held["from"], held["to"]) == (rows[0]["from"], rows[-1]["to"])


def table(held: Any, episode: int) -> list[tuple[str, str, str]]:
    """Charge, answering body and charged body of every interval of an episode."""
    return [
        (row["charge"], row["answering"], row["charged_to"])
        for row in held["intervals"]
        if row["episode"] == episode
    ]
