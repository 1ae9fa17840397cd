"""Who acts, on the pages: with sign-in the session says it, on one machine a cookie of this site remembers it."""

from typing import NamedTuple

from fastapi import Request

from console.hats import Acting

ACTS_AS = "zeren_user"
"""The cookie's name. With sign-in what a browser sends under it is thrown away, and the session's person put there."""


class Caller(NamedTuple):
    """Whoever is signed in. ``token`` is the session's secret, empty where a proxy signs people in.

    ``form_token`` has to come back in every form (synchroniser token).
    """

    person: str
    hat: str | None
    form_token: str
    token: str = ""


def caller(request: Request) -> Caller | None:
    """Who is signed in; None on one machine, where nobody signs in."""
    return getattr(request.state, "caller", None)


def acting_as(request: Request) -> Acting | None:
    """Who acts on a page, under the hat that he chose; None where nobody was chosen."""
    user, signed_in = request.cookies.get(ACTS_AS), caller(request)
    return Acting(user, signed_in.hat if signed_in else None) if user else None
