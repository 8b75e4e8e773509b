"""Who calls, what they may do, and which jobs they may see."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Depends, Path, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from signoff.client import JobClient
from signoff.domain.errors import NoSuchJobError, SettingsError
from signoff.domain.job import JOB_ID_RULE, JobId
from signoff.gateway.problems import NO_TOKEN, ForbiddenError, problem, tell_signoff_error
from signoff.reading import JobReader
from signoff.tokens import Role, TokenStore

JobIdInPath = Annotated[JobId, Path(description=f"The job id: {JOB_ID_RULE}.")]

_CHALLENGE: Final = {"WWW-Authenticate": "Bearer"}
_BAD_TOKEN: Final = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
_LONGEST_TOKEN: Final = 200


@dataclass(frozen=True)
class Caller:
    """Whoever a token stands for."""

    name: str
    roles: frozenset[Role]

    def has(self, *roles: Role) -> bool:
        """Whether the token carries one of these roles."""
        return not self.roles.isdisjoint(roles)

    @property
    def sees_all(self) -> bool:
        """Whether other people's jobs are theirs to see."""
        return self.has(Role.REVIEWER, Role.OPERATOR)

    def may_see(self, requester: str) -> bool:
        """Whether a job of this requester is theirs to see. Names count letter by letter here."""
        return self.sees_all or requester == self.name

    def may_steer(self, requester: str) -> bool:
        """Whether they may stop or amend a job of this requester."""
        return self.has(Role.OPERATOR) or (self.has(Role.REQUESTER) and requester == self.name)


class Authentication:
    """Lets nothing through without a valid token, whatever the path, but the routes that are open to all."""

    def __init__(self, app: ASGIApp, tokens: TokenStore, open_routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._tokens = tokens
        self._open = open_routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on the call with its caller, or answer it with 401."""
        if scope["type"] == "lifespan" or any(route.matches(scope)[0] is not Match.NONE for route in self._open):
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            caller = caller_by_token(self._tokens, request.headers.get("authorization", ""), datetime.now(UTC))
        except SettingsError as error:
            await (await tell_signoff_error(request, error))(scope, receive, send)
            return
        if caller is None:
            await no_token(request)(scope, receive, send)
            return
        request.state.caller = caller
        await self._app(scope, receive, send)


def caller_by_token(tokens: TokenStore, header: str, now: datetime) -> Caller | None:
    """Give whoever an `Authorization` header stands for; `None` where it does not count.

    Raises:
        SettingsError: The token file can't be read. Nobody is let in meanwhile.
    """
    scheme, _, secret = header.strip().partition(" ")
    if scheme.lower() != "bearer" or not 0 < len(secret) <= _LONGEST_TOKEN:
        return None
    token = tokens.find(secret.strip(), now)
    return Caller(token.name, frozenset(token.roles)) if token else None


def no_token(request: Request) -> Response:
    """Answer that a valid token is needed."""
    is_given = "authorization" in request.headers
    told = "this token does not count, or no more" if is_given else "no token was sent"
    detail = f"{told}; send `Authorization: Bearer <token>`, which `signoff token create` makes"
    return problem(request, NO_TOKEN, detail, headers=_BAD_TOKEN if is_given else _CHALLENGE)


async def caller_of(request: Request) -> Caller:
    """Give the caller that `Authentication` has found; a route that it does not guard answers nobody."""
    caller = request.state.caller
    if not isinstance(caller, Caller):
        raise TypeError(f"not a caller: {type(caller)}")
    return caller


AnyCaller = Annotated[Caller, Depends(caller_of)]


def requires(*roles: Role) -> Callable[..., Awaitable[Caller]]:
    """Make a dependency that gives the caller, and refuses one without any of these roles."""

    async def permitted(caller: AnyCaller) -> Caller:
        if not caller.has(*roles):
            raise ForbiddenError(f"this needs the role {' or '.join(roles)}; {caller.name} has {_listed(caller)}")
        return caller

    return permitted


def visible_job(jobs: JobReader) -> Callable[..., Awaitable[str]]:
    """Make a dependency that gives the job id of the path, once the caller may see that job.

    A job that is somebody else's answers exactly like one that is not there.
    """

    async def visible(job_id: JobIdInPath, caller: AnyCaller) -> str:
        if not caller.sees_all and not caller.may_see(await jobs.requester(job_id)):
            raise NoSuchJobError(job_id)
        return job_id

    return visible


async def jobs_of(request: Request) -> JobClient:
    """Give the client that the gateway was made with."""
    jobs: JobClient = request.app.state.parts.jobs
    return jobs


Jobs = Annotated[JobClient, Depends(jobs_of)]


async def _visible(job_id: JobIdInPath, caller: AnyCaller, jobs: Jobs) -> str:
    return await visible_job(jobs)(job_id, caller)


async def _steerable(job_id: JobIdInPath, caller: AnyCaller, jobs: Jobs) -> str:
    if caller.has(Role.OPERATOR):
        return job_id
    requester = await jobs.requester(job_id)
    if not caller.may_see(requester):
        raise NoSuchJobError(job_id)
    if not caller.may_steer(requester):
        raise ForbiddenError(f"only its requester or an operator may do this; {caller.name} has {_listed(caller)}")
    return job_id


VisibleJob = Annotated[str, Depends(_visible)]
"""The job id of the path, which the caller may see."""

SteerableJob = Annotated[str, Depends(_steerable)]
"""The job id of the path, which the caller may stop or amend."""


def _listed(caller: Caller) -> str:
    return ", ".join(sorted(caller.roles))
