"""How the resident is told (告知): by a recorded channel, and never against his wish for no contact."""

from domain.case import Case
from domain.decision import Decision, refuse
from domain.rules import Rule
from domain.words import Channel


def told_wrongly(case: Case, channel: Channel) -> Decision | None:
    """Why the resident cannot have been told in that way. Refuses: NO_CONTACT_BY_LINK."""
    if case.no_contact and channel is not Channel.LINK:
        return refuse(NO_CONTACT_BY_LINK)
    return None


NO_CONTACT_BY_LINK = Rule(
    "telling.no-contact",
    zh="居民要求不联系，只能通过居民链接告知。",
    en="The resident wished not to be contacted: he is told by his link alone.",
    next_zh="告知渠道请填“居民链接”（link）。",
    next_en="Give link as the way he was told.",
)
