from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.test import SimpleTestCase
from django.urls import resolve
from django.utils.module_loading import import_string

ROOT = Path(settings.BASE_DIR)
APPLICATION = re.compile(r"ovii_backend\.\w+:\w+")


class ComposeTestCase(SimpleTestCase):
    """There is no container engine in a test run; what can be known without one is checked here."""

    def setUp(self) -> None:
        self.services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]

    def command(self, service: str) -> str:
        command = self.services[service]["command"]
        return command if isinstance(command, str) else " ".join(command)

    def test_the_services_have_their_documented_names(self) -> None:
        named = {"backend", "ws", "celery", "celery-beat", "db", "redis", "sandbox"}
        self.assertEqual(set(self.services), named)
        self.assertEqual(self.services["sandbox"]["profiles"], ["sandbox"])

    def test_only_backend_migrates_and_the_others_wait_for_it(self) -> None:
        migrating = [name for name in self.services if "migrate" in str(self.services[name].get("command"))]
        self.assertEqual(migrating, ["backend"])
        for name in ("ws", "celery", "celery-beat"):
            self.assertEqual(self.services[name]["depends_on"], {"backend": {"condition": "service_healthy"}})

    def test_every_application_that_is_served_exists(self) -> None:
        commands = [self.command("backend"), self.command("ws"), (ROOT / "Dockerfile").read_text()]
        for command in commands:
            for name in APPLICATION.findall(command):
                with self.subTest(application=name), self.settings(MISSING_KEYS=[]):
                    self.assertTrue(callable(import_string(name.replace(":", "."))))

    def test_every_address_that_is_asked_exists(self) -> None:
        addresses = [self.command("sandbox"), str(self.services["ws"]), (ROOT / "Dockerfile").read_text()]
        for path in re.findall(r"http://[\w.]+:800[01](/[\w/]+)", " ".join(addresses)):
            with self.subTest(path=path):
                self.assertTrue(resolve(path))

    def test_a_full_redis_refuses_and_the_broker_has_its_own_database(self) -> None:
        self.assertIn("noeviction", shlex.split(self.command("redis")))
        environment = self.services["backend"]["environment"]
        self.assertNotEqual(environment["RATE_LIMIT_URL"], environment["CELERY_BROKER_URL"])

    def test_the_image_runs_without_root_and_without_secrets(self) -> None:
        lines = (ROOT / "Dockerfile").read_text().splitlines()
        self.assertIn("USER ovii", lines)
        self.assertIn(".env", (ROOT / ".dockerignore").read_text().splitlines())
