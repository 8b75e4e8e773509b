"""The drafted message of the examples, as its README tells it."""

from email import message_from_bytes, policy
from pathlib import Path

from signoff.domain.deliverable import digest_of
from starter.sockets import free_ports
from tests.e2e.documented import Example, followed

MAILBOX_PORT = "8025"


def test_the_message_is_drafted_approved_and_sent_once_as_it_was_approved(tmp_path: Path) -> None:
    [port] = map(str, free_ports(1))
    with followed(Example(tmp_path, "draft-message", {MAILBOX_PORT: port})):
        pass
    [file] = (tmp_path / ".signoff" / "mailbox").iterdir()
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    [attached] = mail.iter_attachments()
    assert digest_of(attached.get_content()) == mail["Signoff-Digest"]
    readme = (tmp_path / "examples" / "draft-message" / "README.md").read_text()
    assert f"signoff approve message-1 --digest {mail['Signoff-Digest']} " in readme
