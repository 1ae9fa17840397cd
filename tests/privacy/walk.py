"""Cases driven through every command that has free text, with a mark in each; and what must not be there is refused.

A new command is driven by a line in one of the stories below. Until it is, test_nothing_leaks.py fails: it asks the
ledger which free texts of which commands have been carried out, and reads off the models which there are.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from console.fields import spec
from domain.commands import MODELS, NOT_BY_PEOPLE
from tests import small
from tests.privacy.marks import Marks

COMMANDS = tuple(name for name in MODELS if name not in NOT_BY_PEOPLE)
"""Every command that somebody can give."""

ANSWERS = {"truth": "true", "ours": True, "contacted": "yes", "solved": "yes"}
VERDICT = {"response": True, "resolution": True, "channel": "phone"}
NOT_OURS = {"reason": "not_our_duty", "proposed_owner": small.CIVIL_AFFAIRS}


class Walk:
    """Drives cases over HTTP and keeps every answer that must hold no mark."""

    def __init__(self, web: httpx.AsyncClient, marks: Marks) -> None:
        """``web`` talks to a console; ``marks`` are planted in every free text."""
        self._web = web
        self._marks = marks
        self.clean: list[tuple[str, bytes]] = []

    def texts(self, command: str, *, without: Iterable[str] = ()) -> dict[str, str]:
        """A mark in each free text that the command takes."""
        names = [name for name in spec(command).texts if name not in without]
        return {name: self._marks.field(name, f"{command}.{name}") for name in names}

    async def open(self, user: str = "clerk-1", **fields: Any) -> dict[str, Any]:
        """A case taken in; answers what the API said."""
        without = ("name", "phone", "address") if fields.get("anonymous") else ()
        body = {**self.texts("register", without=without), **fields}
        answer = await self._web.post("/api/v1/cases", json=body, headers={"X-Zeren-User": user})
        assert answer.status_code == 201, answer.text
        told: dict[str, Any] = answer.json()
        if told.get("receipt"):
            self._marks.secret(told["receipt"], "receipt")
        else:
            self.keep("POST /cases", answer)
        return told

    async def give(self, number: str, user: str, command: str, **fields: Any) -> None:
        """A command that must be carried out."""
        body = {"type": command, **self.texts(command), **fields}
        answer = await self._web.post(
            f"/api/v1/cases/{number}/commands", json=body, headers={"X-Zeren-User": user}
        )
        assert answer.status_code == 200, (command, answer.text)
        self.keep(f"POST {command}", answer)

    async def read(self, path: str, user: str | None = None) -> httpx.Response:
        """Something that shows no personal data, since nobody has asked for any."""
        answer = await self._web.get(path, headers={"X-Zeren-User": user} if user else {})
        assert answer.status_code == 200, (path, answer.text)
        self.keep(f"GET {path}", answer)
        return answer

    def keep(self, name: str, answer: httpx.Response) -> None:
        """Note an answer that must hold no mark, with its headers."""
        self.clean.append((name, repr(answer.headers.raw).encode() + answer.content))

    # ------------------------------------------------------------------ the stories

    async def everything(self) -> list[str]:
        """Every story; answers the numbers of the cases that anybody may look at."""
        stories = (
            *(self.disputed_closed_reopened, self.handed_back, self.taken_back, self.intake, self.refused),
            *(self.shelved, self.petitioned, self.worked_on_together, self.commissioned, self.merged),
        )
        await self.walled()
        return [await story() for story in stories]

    async def disputed_closed_reopened(self) -> str:
        """An objection contested and ruled on, the whole way to the closing, and a new episode."""
        number = (await self.open(place=small.COMMUNITY))["number"]
        await self.give(number, "clerk-1", "triage", matter=small.HOUSING_MATTER, urgency="urgent")
        await self.give(number, "dispatch-head", "rebase", deadline="triage.1")
        await self.give(number, "clerk-1", "propose", to=small.HOUSING)
        await self.give(number, "housing-1", "object", **NOT_OURS)
        await self.give(number, "clerk-1", "contest_objection")
        await self.give(number, "district-head", "rule", designate=small.HOUSING)
        await self.give(number, "housing-1", "acknowledge")
        await self.give(number, "housing-1", "start")
        await self.give(number, "housing-1", "inform", to=small.COMMITTEE)
        await self.give(number, "clerk-1", "recategorise", matter=small.COMMITTEE_MATTER)
        await self.give(number, "housing-1", "record_step", step="site_visit", channel="visit")
        await self.give(number, "district-supervisor", "oversee")
        await self.give(number, "housing-1", "resolve", **ANSWERS)
        await self.give(number, "reviewer-1", "review", passed=False)
        await self.give(number, "housing-1", "resolve", **ANSWERS)
        await self.give(number, "reviewer-1", "review", passed=True)
        await self.give(number, "clerk-1", "record_verdict", satisfaction="satisfied", **VERDICT)
        await self.give(number, "reviewer-1", "close")
        await self.give(number, "clerk-1", "reopen", channel="phone")
        return number

    async def handed_back(self) -> str:
        """An objection accepted; then a return refused."""
        number = (await self.open(matter=small.HOUSING_MATTER, place=small.COMMUNITY))["number"]
        await self.give(number, "clerk-1", "propose", to=small.CIVIL_AFFAIRS)
        await self.give(number, "civil-1", "object", reason="not_our_duty", proposed_owner=small.HOUSING)
        await self.give(number, "clerk-1", "accept_objection")
        await self.give(number, "clerk-1", "propose", to=small.HOUSING)
        await self.give(number, "housing-1", "sign")
        await self.give(number, "housing-1", "return", **NOT_OURS)
        await self.give(number, "clerk-1", "refuse_return")
        return number

    async def taken_back(self) -> str:
        """A return signed; then the resident takes the issue back."""
        number = (await self.open(matter=small.HOUSING_MATTER, place=small.COMMUNITY))["number"]
        await self.give(number, "clerk-1", "propose", to=small.HOUSING)
        await self.give(number, "housing-1", "sign")
        await self.give(number, "housing-1", "return", **NOT_OURS)
        await self.give(number, "clerk-1", "sign_return")
        await self.give(number, "clerk-1", "withdraw", channel="phone")
        return number

    async def intake(self) -> str:
        """Answered at intake."""
        number = (await self.open())["number"]
        await self.give(number, "clerk-1", "answer_at_intake")
        return number

    async def refused(self) -> str:
        """Not accepted."""
        number = (await self.open())["number"]
        await self.give(number, "clerk-1", "record_step", step="resident_heard", channel="phone")
        await self.give(number, "reviewer-1", "not_accept", ground_code="no_clear_demand", told_by="phone")
        return number

    async def shelved(self) -> str:
        """Shelving refused, then consented to and ended; then another way is shown to the resident."""
        number = (await self.open(matter=small.HOUSING_MATTER, place=small.COMMUNITY))["number"]
        await self.give(number, "clerk-1", "propose", to=small.HOUSING)
        await self.give(number, "housing-1", "sign")
        await self.give(number, "housing-head", "shelve", hours=200)
        await self.give(number, "reviewer-1", "refuse_shelving")
        await self.give(number, "housing-head", "shelve", hours=240)
        await self.give(number, "reviewer-1", "consent_to_shelving", told_by="phone")
        await self.give(number, "housing-1", "unshelve")
        await self.give(number, "housing-1", "resolve", **{**ANSWERS, "ours": False, "solved": "no"})
        await self.give(number, "reviewer-2", "redirect", way="arbitration", told_by="phone")
        return number

    async def petitioned(self) -> str:
        """A petition through its three instances."""
        told = await self.open("petition-clerk", matter=small.PETITION_MATTER, place=small.COMMUNITY)
        number = told["number"]
        await self.give(number, "petition-clerk", "propose", to=small.HOUSING)
        await self.give(number, "housing-1", "sign")
        await self.give(number, "housing-1", "resolve", **ANSWERS, judgement="not_supported", **_delivered())
        await self.give(number, "petition-reviewer", "review", passed=True)
        await self.give(number, "petition-clerk", "request_review", channel="letter")
        await self.give(number, "district-head", "decide_appeal", outcome="upheld", **_delivered())
        await self.give(number, "petition-clerk", "request_final_review", channel="letter")
        await self.give(number, "city-head", "decide_appeal", outcome="upheld", **_delivered())
        return number

    async def worked_on_together(self) -> str:
        """Assistance in all its ends, and whistles."""
        number = (await self.open(matter=small.PUSHED_DOWN_MATTER, place=small.COMMUNITY))["number"]
        await self.give(number, "clerk-1", "propose", to=small.CIVIL_AFFAIRS)
        await self.give(number, "civil-1", "sign")
        paid = {"funding": first("ask_assistance", "funding"), "until": _in_days(5)}
        await self.give(number, "civil-1", "ask_assistance", asked=small.COMMITTEE, **paid)
        await self.give(number, "committee-1", "accept_assistance")
        await self.give(number, "committee-1", "finish_assistance")
        await self.give(number, "civil-1", "ask_assistance", asked=small.WORKSTATION, **paid)
        why = first("refuse_assistance", "refusal")
        await self.give(number, "station-clerk", "refuse_assistance", refusal=why)
        await self.give(number, "civil-1", "ask_assistance", asked=small.OFFICE, **paid)
        await self.give(number, "civil-1", "release_assistance", asked=small.OFFICE)
        await self.give(number, "committee-1", "ask_whistle", called=[small.HOUSING])
        await self.give(number, "office-head", "decline_whistle")
        await self.give(number, "office-head", "whistle", called=[small.HOUSING, small.WATER])
        await self.give(number, "housing-1", "report_in", step="site_visit", channel="visit")
        scores = {"promptness": "5", "cooperation": "4", "clarity": "3"}
        await self.give(number, "office-head", "score", scored=small.HOUSING, **scores)
        await self.give(number, "office-head", "stand_down", called=[small.WATER])
        return number

    async def commissioned(self) -> str:
        """A provider works under a contract, answers by its link and with its account, and is let go."""
        number = (await self.open(matter=small.HOUSING_MATTER, place=small.COMMUNITY))["number"]
        await self.give(number, "clerk-1", "propose", to=small.HOUSING)
        await self.give(number, "housing-1", "sign")
        under = {"contract": small.LIFT_CONTRACT}
        await self.give(number, "housing-1", "commission", **under)
        await self.give(number, "lifts-1", "record_milestone", milestone="inspected", **under)
        await self.give(number, "housing-1", "accept_milestone", milestone="inspected", **under)
        await self.give(number, "housing-1", "ask_provider", **under)
        await self.by_link(number, under)
        await self.give(number, "housing-1", "ask_provider", **under)
        events = (await self.read(f"/api/v1/cases/{number}/events")).json()["events"]
        link = [event["data"]["link"] for event in events if event["type"] == "provider_asked"][-1]
        answer = first("answer_as_provider", "answer")
        await self.give(number, "lifts-1", "answer_as_provider", link=link, answer=answer)
        await self.give(number, "housing-1", "end_commission", **under)
        return number

    async def by_link(self, number: str, under: dict[str, str]) -> None:
        """The provider's link, from the API and from the page: the newest is used, and no secret stays anywhere."""
        issued = await self._web.post(
            f"/api/v1/cases/{number}/links", json=under, headers={"X-Zeren-User": "housing-1"}
        )
        assert issued.status_code == 201, issued.text
        older = self._marks.secret(issued.json()["path"].removeprefix("/p/"), "link", hash_may_stand=True)
        shown = await self._web.post(
            f"/cases/{number}/links", data=under, headers={"Cookie": "zeren_user=housing-1"}
        )
        assert shown.status_code == 201, shown.text
        token = shown.text.partition("/p/")[2].partition("<")[0].strip('"')
        newer = self._marks.secret(token, "link on a page", hash_may_stand=True)
        assert (await self._web.get(f"/p/{older}")).status_code == 410
        assert (await self._web.get(f"/p/{newer}")).status_code == 200
        told = {"answer": first("answer_as_provider", "answer"), "finding": self._marks.text("by link")}
        assert (
            await self._web.post(f"/p/{newer}", data={"finding": self._marks.text("short")})
        ).status_code == 422
        assert (await self._web.post(f"/p/{newer}", data=told)).status_code == 200
        assert (await self._web.post(f"/p/{newer}", data=told)).status_code == 410
        assert (await self._web.get(f"/p/{self._marks.word('link')}")).status_code == 404

    async def merged(self) -> str:
        """Cases that belong together: tied, merged, taken apart, split."""
        at = {"matter": small.HOUSING_MATTER, "place": small.COMMUNITY}
        parent, child = [(await self.open(**at))["number"] for _ in range(2)]
        await self.give(child, "clerk-1", "link", other=parent, tie=first("link", "tie"))
        await self.give(child, "clerk-1", "merge", into=parent)
        await self.give(child, "clerk-1", "unmerge")
        await self.open(**at, split_from=parent)
        return child

    async def walled(self) -> str:
        """Interests, a recusal and an accusation: nobody in particular sees this case any more."""
        number = (await self.open(matter=small.HOUSING_MATTER, place=small.COMMUNITY))["number"]
        await self.give(number, "dispatch-head", "declare_interest", person="clerk-2")
        await self.give(number, "reviewer-2", "recuse")
        await self.give(number, "clerk-1", "accuse", against=[small.OFFICE])
        await self.open(matter=small.HOUSING_MATTER, place=small.COMMUNITY, against=[small.OFFICE])
        return number


def first(command: str, field: str) -> str:
    """The first of the choices of a field."""
    choices = spec(command).fields[field].choices
    assert choices is not None, field
    return next(iter(choices)).value


def _in_days(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


def _delivered() -> dict[str, str]:
    return {"delivered_at": datetime.now(UTC).isoformat(), "told_by": "letter"}
