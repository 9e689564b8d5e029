"""Live updates: which runs changed, by server-sent events; the client then fetches what it shows of them."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from aim.web.http.errors import ApiError
from aim.web.state import state_of

__all__ = ["router"]

router = APIRouter(tags=["live"])

_EVENTS = {200: {"content": {"text/event-stream": {}}, "description": "Events: hello, change, ping."}}


@router.get("/live", response_class=StreamingResponse, responses=_EVENTS)  # type: ignore[arg-type]
async def live(request: Request) -> Response:
    """Server-sent events: `change` names the runs whose points or metadata changed, the new and the removed ones.

    The first `change` may name `*` among `runs`: look at everything again.
    """
    hub = state_of(request).live
    if hub.is_full:
        raise ApiError(503, "too many listeners")
    return StreamingResponse(
        hub.stream(), media_type="text/event-stream", headers={"x-accel-buffering": "no", "cache-control": "no-store"}
    )
