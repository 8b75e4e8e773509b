"""The addresses that notices go to, for the commands."""

from collections.abc import Iterator, Sequence
from typing import Any

from signoff.adapters.apprise import AppriseNotifier, Outcome
from signoff.domain.notice import Notice, NoticeKind
from signoff.domain.status import JobStatus, NextAction
from signoff.settings import Settings
from starter.lines import fact

SAMPLE = Notice(
    kind=NoticeKind.REVIEW_REQUESTED,
    job_id="sample",
    title="A sample notice; there is no such job",
    requester="signoff notify test",
    status=JobStatus.AWAITING_REVIEW,
    next_action=NextAction.REVIEW,
)


def open_notifier(settings: Settings) -> AppriseNotifier:
    """Open what the settings name.

    Raises:
        SettingsError: An address can't be used.
    """
    urls = [url.get_secret_value() for url in settings.notify_urls]
    return AppriseNotifier(urls, settings.notify_file, settings.public_url)


def outcome_document(outcome: Outcome) -> dict[str, Any]:
    """Give what became of a notice at one address."""
    address = outcome.address
    return {
        "number": address.number,
        "kind": address.kind,
        "source": address.source,
        "tags": sorted(address.tags),
        "is_told": outcome.is_told,
    }


def outcome_lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Show one line per address."""
    for outcome in outcomes:
        address = outcome.address
        hears = f"for {', '.join(sorted(address.tags))}" if address.tags else "for everybody"
        yield fact("told" if outcome.is_told else "not told", f"{address} of {address.source}, {hears}")
