"""The environment that a stack is started in: ours alone, and gone again once the stack runs.

Tests share a process, and stacks outlive the tests that began them, so nothing of one may be seen by another.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

OURS = ("SIGNOFF_", "TEMPORAL_", "OPENAI_")


@contextmanager
def own_environment(folder: Path, policy: str = "", **settings: str) -> Iterator[None]:
    """Have settings read, and processes started, with these variables of ours and no others.

    Args:
        folder: Where the stack keeps its state.
        policy: The policy file's content, where it has one.
        **settings: Further variables.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.upper().startswith(OURS)]:
            patch.delenv(name)
        (folder / "profiles.toml").touch()
        patch.setenv("TEMPORAL_CONFIG_FILE", str(folder / "profiles.toml"))
        patch.setenv("SIGNOFF_STATE_DIR", str(folder / ".signoff"))
        if policy:
            (folder / "policy.toml").write_text(policy)
            patch.setenv("SIGNOFF_POLICY_FILE", str(folder / "policy.toml"))
        for name, value in settings.items():
            patch.setenv(name, value)
        yield
