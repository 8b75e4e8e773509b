"""The deliveries that have not arrived, over all jobs: what an operator looks at."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query

from signoff.gateway.callers import Jobs, requires
from signoff.gateway.documents import problems
from signoff.gateway.models import DeliveryList
from signoff.tokens import Role

router: Final = APIRouter(prefix="/v1/deliveries", tags=["acting"])


@router.get("", responses=problems(403, 422), dependencies=[Depends(requires(Role.OPERATOR))])
async def list_deliveries(
    jobs: Jobs,
    *,
    stuck: Annotated[
        bool, Query(description="Only those that have stopped, or are being repeated after a failure.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=200, description="How many jobs are asked at most, the newest first.")] = 50,
) -> DeliveryList:
    """List the deliveries of approved results that have not arrived. Jobs are asked themselves, so workers must run."""
    return DeliveryList(deliveries=await jobs.deliveries(is_stuck=stuck, limit=limit))
