"""Changing a draft by hand, in an editor or from a file, so that nothing that was typed is lost."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from signoff.client import JobClient
from signoff.domain.decision import Decision, DecisionAnswer, DecisionKind
from signoff.domain.deliverable import Deliverable, digest_of
from signoff.domain.editing import edited
from signoff.domain.errors import BadRequestError, RefusedError, UnreachableError
from signoff.domain.model import counted
from starter.advice import typed
from starter.inputs import read_text
from starter.screen import complain
from starter.texts import changed_lines

_EDITORS: Final = ("VISUAL", "EDITOR")
_EDITOR: Final = "notepad" if os.name == "nt" else "vi"


class ChangedText:
    """A draft as a person changed it.

    Attributes:
        text: The whole new text.
        file: Where it lies.
        is_taken: Whether it is approved, so that the file is of no more use.
    """

    def __init__(self, draft: Deliverable, file: Path, *, is_ours: bool) -> None:
        self.file = file
        self.is_taken = False
        self._draft = draft
        self._is_ours = is_ours
        self._lost = ""
        self.text = _read(file, draft)

    def decision(self, told: Decision) -> Decision:
        """Turn an approval into one of the changed text.

        Raises:
            BadRequestError: The text can't be delivered, or says nothing new.
        """
        after = edited(self._draft, self.text, told.reviewer)
        changes = {"kind": DecisionKind.APPROVE_EDITED, "edited_digest": digest_of(after.canonical())}
        lost = len(self._draft.citations) - len(after.citations)
        self._lost = f"{counted(lost, 'citation')} left out: the words that they are about are gone" if lost else ""
        return Decision.model_validate(told.model_dump() | changes)

    def difference_lines(self) -> Iterator[str]:
        """Show what was changed. Each line is marked, so that no text can pass for a line of ours."""
        yield "what changes"
        yield from (f"  | {line}" for line in changed_lines(self._draft.text, self.text, ("held", "edited")))
        if self._lost:
            yield f"  {self._lost}"

    def leave(self) -> None:
        """Remove a file of ours that is of no more use; otherwise tell where what was typed is."""
        if not self._is_ours:
            return
        if self.is_taken:
            self.file.unlink(missing_ok=True)
        else:
            complain(f"what you typed is kept in {self.file}; --text-file {shlex.quote(str(self.file))} takes it again")


async def held_draft(jobs: JobClient, job_id: str, digest: str, *, is_repeat: bool) -> Deliverable:
    """Fetch the draft that is to be changed, once it is sure that it is held: nobody shall type for nothing.

    A repeat may be about what was held before, and where no worker answers nobody can tell.

    Raises:
        RefusedError: Something else is held, or nothing.
    """
    with suppress(UnreachableError):
        record = None if is_repeat else await jobs.record(job_id)
        if record and (record.review is None or record.review.digest != digest or record.is_closed):
            held = f"what is held is {record.review.digest}" if record.review else "nothing was held yet"
            told = f"{digest} is not held for review: {held}, and the job is {record.status}"
            raise RefusedError(f"{told}; look again with: {typed('review', job_id)}")
    return await jobs.deliverable(job_id, digest)


async def approve_changed(jobs: JobClient, job_id: str, decision: Decision, text: str) -> DecisionAnswer:
    """Put the changed text into the archive, and approve it."""
    return await jobs.approve_edited(
        job_id,
        digest=decision.digest,
        text=text,
        reviewer=decision.reviewer,
        comment=decision.comment,
        decision_id=decision.decision_id,
    )


def repeated_edit(job_id: str, decision: Decision, file: Path) -> str:
    """The command that sends the same edit again."""
    comment = ["--comment", decision.comment] if decision.comment else []
    who = ["--as", decision.reviewer, "--decision-id", decision.decision_id]
    return typed("edit", job_id, "--digest", decision.digest, "--text-file", str(file), *comment, *who)


@contextmanager
def changed_text(draft: Deliverable, text_file: str | None) -> Iterator[ChangedText]:
    """Have a draft changed: in an editor, or by what a file or standard input (`-`) holds.

    Raises:
        BadRequestError: There is no editor, it failed, or the text can't be read.
    """
    if text_file not in {None, "-"}:
        yield ChangedText(draft, Path(str(text_file)), is_ours=False)
        return
    text = draft.text.encode(errors="surrogatepass") if text_file is None else read_text("-")
    file = _kept(draft.job_id, text)
    try:
        if text_file is None:
            _open_editor(file)
        changed = ChangedText(draft, file, is_ours=True)
    except BaseException:
        complain(f"what you typed is kept in {file}")
        raise
    try:
        yield changed
    finally:
        changed.leave()


def _kept(job_id: str, data: bytes) -> Path:
    """Write a file that nobody else may read."""
    try:
        handle, name = tempfile.mkstemp(prefix=f"signoff-{job_id}-", suffix=".txt")
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
    except OSError as error:
        raise BadRequestError(f"no file for the text can be written: {error.strerror}; see TMPDIR") from None
    return Path(name)


def _open_editor(file: Path) -> None:
    command = next((given for name in _EDITORS if (given := os.environ.get(name, "").strip())), _EDITOR)
    wish = "set $EDITOR to one that is there, or give the new text with --text-file"
    try:
        ended = subprocess.run([*shlex.split(command), str(file)], check=False)  # noqa: S603  whose computer it is says what runs
    except (OSError, ValueError) as error:
        raise BadRequestError(f"the editor {command} can't be started: {error}; {wish}") from None
    if ended.returncode:
        raise BadRequestError(f"the editor {command} ended with {ended.returncode}, so nothing was decided; {wish}")


def _read(file: Path, draft: Deliverable) -> str:
    """Read the text as it is, but for the line end that editors put at the end of a file."""
    try:
        text = read_text(str(file)).decode()
    except UnicodeDecodeError as error:
        raise BadRequestError(f"{file} is no text in UTF-8: byte {error.start} can't be read") from None
    return text if draft.text.endswith("\n") else text.removesuffix("\n").removesuffix("\r")
