"""What the pages are made of."""

from dataclasses import dataclass, field

from fastapi import Request

from signoff.client import JobClient
from signoff.gateway.feeds import Feeds
from signoff.gateway.pages.attempts import Attempts
from signoff.gateway.pages.csrf import Forms
from signoff.gateway.pages.oidc_flows import Flows
from signoff.gateway.pages.options import PageOptions
from signoff.gateway.pages.provider import Provider
from signoff.gateway.pages.sessions import Sessions
from signoff.tokens import TokenStore


@dataclass(frozen=True)
class PageParts:
    """What the pages work with; `request.app.state.parts` is one."""

    jobs: JobClient
    feeds: Feeds | None
    sessions: Sessions
    forms: Forms
    provider: Provider | None
    flows: Flows
    attempts: Attempts = field(default_factory=Attempts)


def make_parts(jobs: JobClient, tokens: TokenStore, feeds: Feeds | None, options: PageOptions) -> PageParts:
    """Make the parts as the options say."""
    signing, chosen = options.signing, options.provider
    return PageParts(
        jobs=jobs,
        feeds=feeds,
        sessions=Sessions(signing, tokens, chosen.issuer if chosen else ""),
        forms=Forms(signing, options.public_url),
        provider=Provider(chosen, options.redirect_uri) if chosen else None,
        flows=Flows(signing),
    )


def parts_of(request: Request) -> PageParts:
    """Give the parts that the pages were made of."""
    parts: PageParts = request.app.state.parts
    return parts
