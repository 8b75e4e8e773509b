"""Removing the content of closed jobs for good, which operators alone may do."""

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Response

from signoff.domain.erasure import ErasureAnswer
from signoff.gateway.bodies import body_document, body_of
from signoff.gateway.callers import Caller, JobIdInPath, Jobs, requires
from signoff.gateway.documents import problems
from signoff.gateway.models import EraseBody
from signoff.tokens import Role

router: Final = APIRouter(prefix="/v1/jobs/{job_id}", tags=["erasing"])

PATIENCE: Final = timedelta(seconds=5)
"""How long a call is held; the erasure goes on by itself, and the same call again says how far it is."""

_ERASED: Final[dict[int | str, dict[str, Any]]] = {
    202: {"model": ErasureAnswer, "description": "The erasure is under way, and goes on by itself."},
    **problems(400, 403, 404, 409, 410, 413, 415, 422),
}


@router.post("/erase", responses=_ERASED, openapi_extra=body_document(EraseBody))
async def erase(
    job_id: JobIdInPath,
    caller: Annotated[Caller, Depends(requires(Role.OPERATOR))],
    body: Annotated[EraseBody, Depends(body_of(EraseBody))],
    jobs: Jobs,
    response: Response,
) -> ErasureAnswer:
    """Remove all content of a closed job; its record stays without its texts. A repeat gets the first answer."""
    answer = await jobs.erase(
        job_id,
        by=caller.name,
        reason=body.reason,
        keeps_history=body.keeps_history,
        keeps_upstream=body.keeps_upstream,
        patience=PATIENCE,
    )
    if not answer.is_done:
        response.status_code = 202
    return answer
