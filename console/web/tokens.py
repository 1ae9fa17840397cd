"""The token that every form carries back (synchroniser token), put into each form where the templates are read.

A template does not have to remember it: ``<form method="post">`` becomes that and a hidden field. Where nobody is signed
in there is none, and the form is as it was written.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup, escape

from console.web.acting import caller

FIELD = "_token"
HEADER = "x-zeren-token"
_MOST_FIELDS = 200
_FORM = re.compile(r"""(<form\b[^>]*\bmethod=["']?post["']?[^>]*>)""", re.IGNORECASE)


def form_token(secret: str, person: str = "") -> str:
    """The token that belongs to a session's secret, or to a proxy's secret and a person. Neither can be told from it."""
    digest = hmac.digest(secret.encode(), b"zeren form token\0" + person.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).decode().rstrip("=")


def shown_by(content_type: str, header: str, body: bytes) -> str:
    """The token that a write shows: in the header, or in a form's field. Empty where it shows none, or two."""
    if header or content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        return header
    try:
        told = parse_qs(body.decode("ascii"), max_num_fields=_MOST_FIELDS).get(FIELD, [])
    except ValueError:
        return ""
    return told[0] if len(told) == 1 else ""


@pass_context
def _hidden(context: Context) -> Markup:
    request = context.get("request")
    who = caller(request) if request is not None else None
    if who is None:
        return Markup()
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, escape(who.form_token))


class FormTokens(Extension):
    """The extension of the templates."""

    def __init__(self, environment: Environment) -> None:
        """Makes the field known to the templates."""
        super().__init__(environment)
        known: dict[str, Any] = environment.globals
        known["form_token_field"] = _hidden

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002 - as Jinja has it
        """The source with a hidden field in every form that writes."""
        return _FORM.sub(r"\1{{ form_token_field() }}", source)
