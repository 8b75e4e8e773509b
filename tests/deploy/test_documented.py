"""docs/deploy.md, held against the compose file and the code: whoever follows it must not be led astray."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from temporalio.envconfig import ClientConfigProfile

from signoff.domain import names
from signoff.gateway.__main__ import SHUTDOWN_SECONDS
from signoff.health import LIVE, READY
from signoff.secret_files import OTHERS
from signoff.settings import PREFIX, SECRETS, load_settings
from tests.deploy.composing import COMPOSE, DOCKERFILE, ROOT, parsed, services

TEXT = (ROOT / "docs" / "deploy.md").read_text()
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
MANIFESTS = {one["metadata"]["name"]: one for _, block in BLOCKS if "apiVersion" in block for one in parsed(block)}


def section(title: str) -> str:
    return TEXT.split(f"## {title}\n")[1].split("\n## ")[0]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_table_of_services_has_each_of_them_with_its_image() -> None:
    rows = re.findall(r"^\| (`[^|]*`) \| ([^|]*) \|", section("With compose"), re.MULTILINE)
    told = {
        name: image.strip() for row, images in rows for name, image in zip(quoted(row), images.split(","), strict=False)
    }
    assert set(quoted(" ".join(row for row, _ in rows))) == services().keys()
    for name, image in told.items():
        given = str(services()[name].given["image"]).partition(":")[0]
        assert image in {f"`{given}`", "this"}


def test_the_variables_that_compose_reads_are_listed() -> None:
    [line] = [line for line in TEXT.splitlines() if line.startswith("Settings that are no secrets come")]
    read = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))
    told = {name for name in quoted(line) if re.fullmatch("[A-Z_]+", name)}
    assert told == read - {"SIGNOFF_IMAGE_TAG", "SIGNOFF_OIDC_CLIENT_SECRET_FILE"}


def test_the_secrets_that_may_lie_in_files_are_listed() -> None:
    rows = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", section("Secrets"), re.MULTILINE))
    assert set(quoted(rows["Signoff's"])) - {"_FILE"} == SECRETS
    assert set(quoted(rows["of libraries"])) - {"_FILE"} == set(OTHERS)


def test_the_search_attributes_of_the_cloud_are_those_of_the_product() -> None:
    given = re.findall(r"--search-attribute (\w+)=(\w+)", section("Temporal Cloud"))
    assert dict(given) == names.SEARCH_ATTRIBUTES


def test_an_api_key_by_file_and_a_profile_reach_the_client(tmp_path: Path) -> None:
    [profile] = [block for kind, block in BLOCKS if kind == "toml"]
    for name in ("temporal.pem", "temporal.key"):
        (tmp_path / name).write_text(name)
    (tmp_path / "profiles.toml").write_text(profile.replace("/run/secrets", str(tmp_path)))
    read = ClientConfigProfile.load(profile="cloud", config_source=tmp_path / "profiles.toml", disable_env=True)
    given = tomllib.loads(profile)["profile"]["cloud"]
    config = read.to_client_connect_config()
    assert (config.get("target_host"), config.get("namespace")) == (given["address"], given["namespace"])
    tls: Any = config.get("tls")
    assert (tls.client_cert, tls.client_private_key) == (b"temporal.pem", b"temporal.key")


def test_the_override_of_the_compose_file_is_valid(tmp_path: Path) -> None:
    [override] = [block for kind, block in BLOCKS if kind == "yaml" and "apiVersion" not in block]
    (tmp_path / "docker-compose.override.yml").write_text(override)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*command, *tmp_path.iterdir()], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout
    [document] = parsed(override)
    assert document["services"].keys() <= services().keys()


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_starts_what_the_image_has_with_settings_that_exist(name: str, tmp_path: Path) -> None:
    pod = MANIFESTS[name]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert container["command"] == services()[name.removeprefix("signoff-")].argv
    (tmp_path / "a-secret").write_text("one")
    given = {one["name"]: one["value"] for one in container["env"]}
    files = {one for one in given if one.removesuffix("_FILE") in SECRETS}
    ours = {one: value for one, value in given.items() if one.startswith(PREFIX)}
    load_settings(ours | {one: str(tmp_path / "a-secret") for one in files})
    assert {one for one in given if re.search("KEY|SECRETS", one)} == files | ({"OPENAI_API_KEY_FILE"} & given.keys())
    [user] = re.findall(r"^USER (\d+):", DOCKERFILE.read_text(), re.MULTILINE)
    assert str(pod["securityContext"]["runAsUser"]) == user
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_the_probes_of_a_manifest_are_answered() -> None:
    worker, gateway = (MANIFESTS[name]["spec"]["template"]["spec"] for name in ("signoff-worker", "signoff-gateway"))
    [asked] = worker["containers"]
    assert asked["livenessProbe"]["httpGet"]["path"] == asked["startupProbe"]["httpGet"]["path"] == LIVE
    assert asked["readinessProbe"]["httpGet"]["path"] == READY
    environ = {one["name"]: one["value"] for one in asked["env"]}
    assert environ["SIGNOFF_HEALTH_ADDRESS"] == f"0.0.0.0:{asked['ports'][0]['containerPort']}"
    assert worker["terminationGracePeriodSeconds"] > float(environ["SIGNOFF_SHUTDOWN_SECONDS"])
    [asked] = gateway["containers"]
    [path] = {asked[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert services()["gateway"].health_command[-1].endswith(f":{asked['ports'][0]['containerPort']}{path}")
    [_, until_nothing_comes] = asked["lifecycle"]["preStop"]["exec"]["command"]
    assert gateway["terminationGracePeriodSeconds"] > SHUTDOWN_SECONDS + int(until_nothing_comes)


def test_files_that_it_names_are_there() -> None:
    named = {word for text in quoted(TEXT) for word in text.split() if word.startswith(("deploy/", "bench/"))}
    named |= {f"docs/{link}" for link in re.findall(r"\]\(([\w-]+\.md)", TEXT)}
    assert len(named) > 8
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_no_command_needs_more_than_compose_and_a_shell() -> None:
    commands = "\n".join(block for kind, block in BLOCKS if kind == "sh")
    checked = subprocess.run(["sh", "-n"], input=commands, text=True, capture_output=True, check=False, env=os.environ)
    assert checked.returncode == 0, checked.stderr
    exec_ = re.findall(r"(?:exec|run)(?: -T| --rm| --no-deps)* ([\w-]+)", commands)
    assert exec_
    assert set(exec_) <= services().keys()
