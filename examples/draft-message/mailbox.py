"""A mailbox for trying things out: takes every mail on 127.0.0.1, shows it, and sends nothing on.

Run it as `python examples/draft-message/mailbox.py`; with `--port` it listens elsewhere than on 8025.
"""

import argparse
import asyncio
import contextlib
from email import message_from_bytes, policy
from email.message import EmailMessage

HOST = "127.0.0.1"
SHOWN = ("From", "To", "Subject", "Message-ID", "Signoff-Job-Id", "Signoff-Digest")


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Speak as much of SMTP (RFC 5321) as one sender needs."""
    writer.write(b"220 mailbox\r\n")
    verb = b""
    while verb != b"QUIT" and (line := await reader.readline()):
        verb = line[:4].upper()
        if verb == b"DATA":
            writer.write(b"354 go on\r\n")
            data = await reader.readuntil(b"\r\n.\r\n")
            show(message_from_bytes(data[:-3].replace(b"\r\n..", b"\r\n."), policy=policy.default))
        writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")
        await writer.drain()
    writer.close()


def show(mail: EmailMessage) -> None:
    """Print a mail as its reader sees it."""
    for name in SHOWN:
        print(f"{name}: {mail[name]}")
    body = mail.get_body()
    print(f"\n{body.get_content() if body else ''}")
    for attached in mail.iter_attachments():
        print(f"attached: {attached.get_filename()}, {len(attached.get_content()):,} bytes")
    print(flush=True)


async def main(port: int) -> None:
    """Listen until Ctrl-C."""
    server = await asyncio.start_server(serve, HOST, port)
    async with server:
        print(f"the mailbox listens on {HOST}:{server.sockets[0].getsockname()[1]}", flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8025)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main(parser.parse_args().port))
