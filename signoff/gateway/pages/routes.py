"""The pages of the review. Every one needs somebody who is signed in.

A page takes its person as `Annotated[Caller, Depends(requires_role(...))]`. A POST also takes `CheckedForm` of
`signoff.gateway.pages.csrf`, which is the form once its hidden field `csrf` has been checked. Errors become pages by
`signoff.gateway.pages.messages`. What depends on a caller of the API (`VisibleJob`, `Jobs`) works here too.
"""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from signoff.gateway.callers import Caller
from signoff.gateway.pages.sessions import requires_role, signed_in
from signoff.gateway.pages.templating import page
from signoff.tokens import Role

router = APIRouter(include_in_schema=False, dependencies=[Depends(signed_in)])

Reviewing = Annotated[Caller, Depends(requires_role(Role.REVIEWER, Role.OPERATOR))]


@router.get("/review")
async def show_jobs(request: Request, person: Reviewing) -> Response:
    """Show what waits for a review."""
    return page(request, "review.html", name=person.name)
