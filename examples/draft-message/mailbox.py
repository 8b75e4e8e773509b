"""A mailbox for trying things out: takes every mail on this computer, keeps it, and sends nothing on.

python examples/draft-message/mailbox.py
python examples/draft-message/mailbox.py --show
"""

import argparse
import asyncio
import contextlib
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final

HOST: Final = "127.0.0.1"
SHOWN: Final = ("From", "To", "Subject", "Message-ID", "Signoff-Job-Id", "Signoff-Digest")


class Mailbox:
    """The mails that arrived, one file each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak as much of SMTP (RFC 5321) as one sender needs."""
        writer.write(b"220 mailbox\r\n")
        verb = b""
        while verb != b"QUIT" and (line := await reader.readline()):
            verb = line[:4].upper()
            if verb == b"DATA":
                writer.write(b"354 go on\r\n")
                data = await reader.readuntil(b"\r\n.\r\n")
                self._keep(data[:-3].replace(b"\r\n..", b"\r\n."))
            writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
            await writer.drain()
        writer.close()

    def show(self) -> None:
        """Print each mail as its reader sees it."""
        for file in sorted(self._folder.glob("*.eml")):
            _show(message_from_bytes(file.read_bytes(), policy=policy.default))

    def _keep(self, data: bytes) -> None:
        mail = message_from_bytes(data, policy=policy.default)
        number = len(list(self._folder.glob("*.eml"))) + 1
        (self._folder / f"{number:04}.eml").write_bytes(data)
        print(f"mail {number} for {mail['To']}: {mail['Subject']}", flush=True)


def _show(mail: EmailMessage) -> None:
    for name in SHOWN:
        print(f"{name}: {mail[name]}")
    body = mail.get_body()
    print(f"\n{body.get_content() if body else ''}")
    for attached in mail.iter_attachments():
        print(f"attached: {attached.get_filename()}, {len(attached.get_content()):,} bytes")


async def listen(mailbox: Mailbox, port: int) -> None:
    """Take mails until Ctrl-C."""
    async with await asyncio.start_server(mailbox.serve, HOST, port) as server:
        print(f"mailbox listening on {HOST}:{port}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--folder", type=Path, default=Path(".signoff/mailbox"))
    parser.add_argument("--show", action="store_true", help="print the mails that arrived")
    given = parser.parse_args()
    if given.show:
        Mailbox(given.folder).show()
    else:
        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(listen(Mailbox(given.folder), given.port))
