"""What must hold of the compose file: by the published schema, and by the rules of a safe deployment."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from signoff.gateway.__main__ import SHUTDOWN_SECONDS
from signoff.policy import load_policy
from signoff.settings import PREFIX, SECRETS, load_settings
from tests.deploy.composing import COMPOSE, ONCE, OURS, ROOT, Service, image_environment, raw, services

SERVICES = services()
LASTING = [service for service in SERVICES.values() if service.name not in ONCE]
WRITES_WITHIN = {"temporal-ui"}
"""It renders its configuration into its own folder."""

each = pytest.mark.parametrize("service", SERVICES.values(), ids=lambda service: service.name)
each_lasting = pytest.mark.parametrize("service", LASTING, ids=lambda service: service.name)


def checked(file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_it_is_valid_by_the_published_schema() -> None:
    done = checked(COMPOSE)
    assert done.returncode == 0, done.stdout


def test_the_schema_would_have_refused_a_slip(tmp_path: Path) -> None:
    text = COMPOSE.read_text()
    (tmp_path / "slip.yml").write_text(text.replace("healthcheck:", "health_check:", 1))
    assert checked(tmp_path / "slip.yml").returncode == 1


def test_the_override_for_temporal_cloud_is_valid_too() -> None:
    done = checked(ROOT / "deploy" / "temporal-cloud.yml")
    assert done.returncode == 0, done.stdout


@each
def test_nothing_listens_beyond_this_computer(service: Service) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in service.given.get("ports", []))
    assert "network_mode" not in service.given


@each
def test_no_service_has_more_rights_than_it_needs(service: Service) -> None:
    given = service.given
    assert given["cap_drop"] == ["ALL"]
    assert given["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc", "devices"} & given.keys()
    assert given.get("user") not in {"root", "0", "0:0"}
    assert given.get("read_only", False) is (service.name not in WRITES_WITHIN)


@each
def test_each_service_is_bounded_in_what_it_may_use(service: Service) -> None:
    assert service.given["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}
    assert service.given["logging"]["options"].keys() == {"max-size", "max-file"}


@each
def test_images_of_others_are_pinned_to_a_version(service: Service) -> None:
    if service.name in OURS:
        assert service.given["build"] == "."
    else:
        assert re.fullmatch(r"[\w./-]+:\d+\.\d+[\w.-]*", service.given["image"])


@each_lasting
def test_what_lasts_is_watched_and_comes_back(service: Service) -> None:
    assert service.given["restart"] == "unless-stopped"
    assert service.health_command
    assert service.given["healthcheck"].keys() >= {"interval", "timeout", "retries"}


@pytest.mark.parametrize("name", ONCE)
def test_what_ends_is_waited_for(name: str) -> None:
    waiting = [service.given.get("depends_on", {}).get(name) for service in SERVICES.values()]
    assert {"condition": "service_completed_successfully"} in waiting


def test_dependencies_are_waited_for_until_they_are_ready() -> None:
    for service in SERVICES.values():
        for name, how in service.given.get("depends_on", {}).items():
            assert how["condition"] == ("service_completed_successfully" if name in ONCE else "service_healthy")
            assert not SERVICES[name].given.get("profiles") or service.given["profiles"] == ["simulator"]


def test_each_profile_has_its_worker_and_everything_else_is_common() -> None:
    profiles = {name: service.given["profiles"] for name, service in SERVICES.items() if "profiles" in service.given}
    assert profiles == {"worker": ["production"], "worker-simulated": ["simulator"], "simulator": ["simulator"]}


def test_secrets_are_files_and_stand_in_no_variable() -> None:
    for service in SERVICES.values():
        files = {name: value for name, value in service.environment.items() if name.endswith("_FILE")}
        named = {Path(path).name for path in files.values() if path.startswith("/run/secrets/")}
        script = {name for name in raw()["secrets"] if f"/run/secrets/{name}" in " ".join(service.argv)}
        assert named | script == set(service.given.get("secrets", [])), service.name
        telling = {name for name in service.environment if re.search("PASSWORD|SECRET|KEY", name)} - files.keys()
        assert telling <= {"OPENAI_API_KEY"}
        assert service.environment.get("OPENAI_API_KEY", "simulator") == "simulator"
        assert not SECRETS & service.environment.keys()


def test_every_secret_is_used_and_made_by_the_script(tmp_path: Path) -> None:
    declared = raw()["secrets"]
    assert declared.keys() == {name for service in SERVICES.values() for name in service.given.get("secrets", [])}
    assert all(given == {"file": f"secrets/{name}"} for name, given in declared.items())
    done = subprocess.run(
        ["sh", ROOT / "deploy" / "secrets.sh"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    told = {line.split()[1].rstrip(":") for line in done.stdout.splitlines()[:-1]}
    assert told == {given["file"] for given in declared.values()}


def test_a_second_run_of_the_script_changes_no_secret(tmp_path: Path) -> None:
    def run() -> dict[str, bytes]:
        subprocess.run(["sh", ROOT / "deploy" / "secrets.sh"], cwd=tmp_path, capture_output=True, check=True)
        return {file.name: file.read_bytes() for file in (tmp_path / "secrets").iterdir()}

    first = run()
    assert run() == first
    assert len(first) == len(set(first.values())) == len(raw()["secrets"]) - 1
    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "secrets").iterdir()} == {0o444}


@pytest.mark.parametrize("name", OURS)
def test_our_processes_are_given_settings_that_exist(name: str, tmp_path: Path) -> None:
    (tmp_path / "a-secret").write_text("one")
    given = image_environment() | SERVICES[name].environment
    ours = {variable: value for variable, value in given.items() if variable.startswith(PREFIX)}
    files = {variable for variable in ours if variable.removesuffix("_FILE") in SECRETS}
    load_settings(ours | {variable: str(tmp_path / "a-secret") for variable in files})


def test_a_stop_waits_for_longer_than_the_process_does() -> None:
    for name in ("worker", "worker-simulated"):
        assert SERVICES[name].grace_seconds > load_settings(SERVICES[name].environment_without_files).shutdown_seconds
    assert SERVICES["gateway"].grace_seconds > SHUTDOWN_SECONDS


def test_the_rules_of_the_deployment_can_be_read() -> None:
    for source, given in raw()["configs"].items():
        assert (ROOT / given["file"]).is_file(), source
    assert load_policy(ROOT / raw()["configs"]["policy"]["file"]).decisions == "gateway_only"
