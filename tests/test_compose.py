"""The compose file is never run here, so what it repeats of the code is held against the code."""

from pathlib import Path

import pytest

from signoff.domain import names

COMPOSE = (Path(__file__).parent.parent / "docker-compose.yml").read_text()


@pytest.mark.parametrize(("name", "kind"), names.SEARCH_ATTRIBUTES.items())
def test_the_server_is_given_every_search_attribute(name: str, kind: str) -> None:
    assert f"--search-attribute {name}={kind}" in COMPOSE
