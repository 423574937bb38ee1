"""docker-compose.yml and the Dockerfile keep their promises, as far as that shows without an engine."""

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis
import yaml
from typer.testing import CliRunner

from commands.main import app
from config.settings import load_settings

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
STAGES = (ROOT / "Dockerfile").read_text().split("\nFROM ")[1:]
OURS = ["receiver", "worker"]

every_service = pytest.mark.parametrize("name", sorted(SERVICES))
each_of_ours = pytest.mark.parametrize("name", OURS)


def test_there_are_a_receiver_a_worker_and_a_valkey() -> None:
    assert sorted(SERVICES) == ["receiver", "valkey", "worker"]


class TestEveryService:
    """What holds for each container."""

    @every_service
    def test_its_root_is_read_only_but_for_a_tmp_in_memory(self, name: str) -> None:
        assert SERVICES[name]["read_only"] is True
        assert SERVICES[name]["tmpfs"] == ["/tmp"]  # noqa: S108 - a mount point of the container

    @every_service
    def test_it_does_not_run_as_root(self, name: str) -> None:
        user, group = map(int, SERVICES[name]["user"].split(":"))
        assert user > 0
        assert group > 0

    @every_service
    def test_it_has_no_capabilities_and_gains_none(self, name: str) -> None:
        assert SERVICES[name]["cap_drop"] == ["ALL"]
        assert "cap_add" not in SERVICES[name]
        assert SERVICES[name]["security_opt"] == ["no-new-privileges:true"]
        assert "privileged" not in SERVICES[name]

    @every_service
    def test_its_health_is_looked_at(self, name: str) -> None:
        check = SERVICES[name]["healthcheck"]
        assert check["test"][0] in {"CMD", "CMD-SHELL"}
        assert {"interval", "timeout", "start_period"} < set(check)

    @every_service
    def test_it_is_started_again_when_it_dies(self, name: str) -> None:
        assert SERVICES[name]["restart"] == "unless-stopped"

    @every_service
    def test_files_of_the_host_are_there_and_read_only(self, name: str) -> None:
        for volume in SERVICES[name]["volumes"]:
            if isinstance(volume, dict):
                assert volume["read_only"] is True
                assert volume["bind"] == {"create_host_path": False}
            elif volume.startswith("."):
                source, _, mode = volume.split(":")
                assert (ROOT / source).is_file()
                assert mode == "ro"


class TestOurs:
    """The receiver and the worker."""

    @each_of_ours
    def test_its_command_exists(self, name: str) -> None:
        (command,) = SERVICES[name]["command"]
        assert command == name
        assert CliRunner().invoke(app, [command, "--help"]).exit_code == 0

    @each_of_ours
    def test_its_environment_is_understood_as_settings(
        self, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        environment = SERVICES[name]["environment"]
        (mounted,) = SERVICES[name]["volumes"]
        assert environment["LINKBACK_CONFIG"] == mounted["target"]
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        on_the_host = tmp_path / "linkback.toml"
        on_the_host.write_text("[server]\nhost = '127.0.0.1'\nport = 99\n")
        settings = load_settings(on_the_host)
        assert settings.store.url == "redis://valkey:6379/0"
        if name == "receiver":
            assert (settings.server.host, settings.server.port) == ("0.0.0.0", 8080)

    @each_of_ours
    def test_it_waits_for_a_store_that_answers(self, name: str) -> None:
        assert SERVICES[name]["depends_on"] == {"valkey": {"condition": "service_healthy"}}

    @each_of_ours
    def test_it_is_given_the_time_to_finish_what_is_in_hand(self, name: str) -> None:
        assert int(SERVICES[name]["stop_grace_period"].removesuffix("s")) > load_settings(None).worker.drain

    @each_of_ours
    def test_it_runs_the_image_of_this_checkout_as_the_user_of_that_image(self, name: str) -> None:
        assert SERVICES[name]["build"] == "."
        assert f"\nUSER {SERVICES[name]['user']}\n" in STAGES[-1]

    @pytest.mark.parametrize("what", ["container_name", "ports"])
    def test_the_worker_has_nothing_that_there_can_be_only_one_of(self, what: str) -> None:
        assert what not in SERVICES["worker"]

    def test_the_receiver_is_reached_from_this_machine_only(self) -> None:
        assert SERVICES["receiver"]["ports"] == ["127.0.0.1:8080:8080"]


async def check_health(name: str, **environment: str) -> int:
    """Run a check as the engine would, with another environment; 0 is healthy."""
    kind, program, *arguments = SERVICES[name]["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "python")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env={**os.environ, **environment}, stderr=asyncio.subprocess.DEVNULL
    )
    return await process.wait()


class TestHealth:
    """The health checks of ours, run against real parts."""

    async def test_a_receiver_that_is_ready_is_healthy(self, receiver: str) -> None:
        port = str(urlsplit(receiver).port)
        assert await check_health("receiver", LINKBACK_SERVER__PORT=port) == 0

    async def test_a_receiver_that_does_not_answer_is_not(self) -> None:
        assert await check_health("receiver", LINKBACK_SERVER__PORT="1") == 1

    async def test_a_worker_that_reaches_the_store_is_healthy(self, valkey_url: str) -> None:
        assert await check_health("worker", LINKBACK_STORE__URL=valkey_url) == 0

    async def test_a_worker_that_does_not_is_not(self) -> None:
        assert await check_health("worker", LINKBACK_STORE__URL="redis://127.0.0.1:1/0") == 1


class TestValkey:
    """The server, and that what it holds is kept."""

    def test_it_runs_with_the_settings_of_the_embedded_one(self) -> None:
        program, conf, *rest = SERVICES["valkey"]["command"]
        assert program == "valkey-server"
        assert f"./config/valkey.conf:{conf}:ro" in SERVICES["valkey"]["volumes"]
        assert all(isinstance(word, str) for word in rest)
        assert "--port" not in rest

    def test_its_folder_is_a_volume(self) -> None:
        command = SERVICES["valkey"]["command"]
        assert f"valkey:{command[command.index('--dir') + 1]}" in SERVICES["valkey"]["volumes"]
        assert "valkey" in COMPOSE["volumes"]

    def test_nobody_else_reaches_it(self) -> None:
        assert "ports" not in SERVICES["valkey"]
        assert SERVICES["valkey"]["networks"] == ["store"]
        assert COMPOSE["networks"]["store"] == {"internal": True}

    def test_its_health_is_an_answer_and_not_that_it_is_still_loading(self) -> None:
        assert SERVICES["valkey"]["healthcheck"]["test"] == ["CMD-SHELL", 'test "$$(valkey-cli ping)" = PONG']

    def test_its_image_is_of_the_version_that_is_embedded(self, valkey_url: str) -> None:
        with redis.Redis.from_url(valkey_url) as client:
            embedded = client.info("server")["valkey_version"]
        assert embedded.startswith(SERVICES["valkey"]["image"].removeprefix("valkey/valkey:") + ".")


class TestImage:
    """The Dockerfile."""

    def test_what_it_installs_is_locked_by_hashes_and_never_compiled(self) -> None:
        installs = re.findall(r"pip install (.*)", "".join(STAGES))
        assert len(installs) == 2
        assert "--require-hashes --only-binary :all: --requirement requirements.lock" in installs[0]
        assert "--no-deps --no-build-isolation ." in installs[1]

    def test_its_last_stage_installs_nothing(self) -> None:
        assert len(STAGES) == 2
        assert not re.search(r"\b(pip|apt-get|gcc|make)\b", STAGES[-1].partition("COPY")[2])

    def test_all_that_a_wheel_is_made_from_gets_into_the_build_and_nothing_else(self) -> None:
        allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
        assert "*" in (ROOT / ".dockerignore").read_text().splitlines()
        packages = {"linkback", "service", "workers", "config", "commands"}
        assert allowed == packages | {"LICENSE", "README.md", "pyproject.toml", "requirements.lock"}
