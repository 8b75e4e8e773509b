"""The example of a drafted message does what its README says, with the commands that stand there."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starter.sockets import free_ports
from tests.starter.processes import BOUND_SECONDS, ROOT, Up, environment, start_up

FOLDER = ROOT / "examples" / "draft-message"
MAILBOX, STACK, JOB = re.findall(r"^```sh\n(.*?)^```$", (FOLDER / "README.md").read_text(), re.DOTALL | re.MULTILINE)
PORT = "8025"


@contextmanager
def a_mailbox(port: str) -> Iterator[subprocess.Popen[str]]:
    python, script = shlex.split(MAILBOX)
    assert python == "python"
    process = subprocess.Popen(
        [sys.executable, script, "--port", port], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        assert process.stdout.readline() == f"the mailbox listens on 127.0.0.1:{port}\n"
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=BOUND_SECONDS)


@contextmanager
def a_stack(folder: Path, port: str) -> Iterator[Up]:
    *exports, up = STACK.strip().split("\n")
    assert up == "signoff up"
    words = [shlex.split(line.replace(PORT, port)) for line in exports]
    settings = dict(setting.split("=", 1) for _, setting in words)
    stack = start_up(environment(folder / "state", **settings))
    try:
        stack.ready()
        yield stack
    finally:
        stack.stop()


def shown_until(process: subprocess.Popen[str], end: str) -> str:
    assert process.stdout
    lines: list[str] = []
    while not lines or not lines[-1].startswith(end):
        lines.append(process.stdout.readline())
        assert lines[-1], "the mailbox ended"
    return "".join(lines)


def test_a_drafted_message_is_read_approved_and_arrives(tmp_path: Path) -> None:
    [port] = map(str, free_ports(1))
    with a_mailbox(port) as mailbox, a_stack(tmp_path, port) as stack:
        digest, told = "", dict[str, str]()
        for line in JOB.strip().split("\n"):
            _, *words = shlex.split(line)
            done = stack.signoff(*(digest if word == "sha256:..." else word for word in words))
            assert done.returncode == 0, f"{line}: {done.stderr}"
            told[words[0]] = done.stdout
            if words[0] == "review":
                [digest] = set(re.findall(r"sha256:[0-9a-f]{64}", done.stdout))
        mail = shown_until(mailbox, "attached: message-1.json, ")
    assert "a mail from mail to ana@example.com, with the subject “Your question about tidal power”" in told["review"]
    assert "From: Research desk <desk@example.com>\nTo: ana@example.com\nSubject: Your question" in mail
    assert f"Signoff-Job-Id: message-1\nSignoff-Digest: {digest}\n" in mail
    assert told["watch"].count("completed")
    [message_id] = re.findall(r"Message-ID: (.+)\n", mail)
    assert message_id in told["show"]
