"""`/api/v1/resident`: the door of residents who gave no name. Number and receipt come in the body, never in an address."""

from typing import Any

from fastapi import APIRouter, Request

from console import resident as door
from console.views import Json
from console.web.api import body_of, desk_of

resident = APIRouter(prefix="/api/v1/resident", tags=["resident"])


def _schema(required: tuple[str, ...], *optional: str) -> dict[str, Any]:
    fields = {name: {"type": "string"} for name in (*required, *optional)}
    schema = {"type": "object", "properties": fields, "required": list(required)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


@resident.post("/case", openapi_extra=_schema(door.FIELDS))
async def case(request: Request) -> Json:
    """How the case stands: its state, the promise, who answers, and whether the receipt has to be changed."""
    return await desk_of(request).resident_case(await body_of(request))


@resident.post("/receipt", openapi_extra=_schema(door.FIELDS, door.NEW))
async def receipt(request: Request) -> Json:
    """Another receipt in the place of this one, shown once."""
    return await desk_of(request).resident_receipt(await body_of(request))
