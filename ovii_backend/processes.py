"""The processes of an embedded installation: the sandbox in Meta's place, the worker with its beat, the web."""

from __future__ import annotations

import secrets
import socket
import sys
from dataclasses import dataclass, field

from ovii_backend.supervisor import Program

LOOPBACK = "127.0.0.1"


def _random_token() -> str:
    return f"EAA{secrets.token_hex(24)}"


@dataclass(frozen=True, slots=True)
class SandboxAccount:
    """What both sides of one sandbox must agree on; the secrets are new for every start."""

    waba_id: str = "102290129340398"
    phone_number_id: str = "106540352242922"
    access_token: str = field(default_factory=_random_token, repr=False)
    app_secret: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)
    verify_token: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    def for_the_sandbox(self) -> dict[str, str]:
        return {
            "SANDBOX_WABA_ID": self.waba_id,
            "SANDBOX_PHONE_NUMBER_ID": self.phone_number_id,
            "SANDBOX_ACCESS_TOKEN": self.access_token,
            "SANDBOX_APP_SECRET": self.app_secret,
            "SANDBOX_VERIFY_TOKEN": self.verify_token,
        }

    def for_ovii(self, sandbox_url: str) -> dict[str, str]:
        return {
            "WHATSAPP_GRAPH_URL": sandbox_url,
            "WHATSAPP_WABA_ID": self.waba_id,
            "WHATSAPP_PHONE_NUMBER_ID": self.phone_number_id,
            "WHATSAPP_ACCESS_TOKEN": self.access_token,
            "WHATSAPP_APP_SECRET": self.app_secret,
            "WHATSAPP_WEBHOOK_VERIFY_TOKEN": self.verify_token,
        }


def sandbox(port: int, webhook_url: str) -> Program:
    command = (sys.executable, "-m", "sandbox", "--host", LOOPBACK, "--port", str(port))
    return Program("sandbox", (*command, "--webhook-url", webhook_url), ready_url=f"{address(port)}/sandbox/health")


def worker() -> Program:
    celery = (sys.executable, "-m", "celery", "--quiet", "-A", "ovii_backend")
    return Program(
        "worker", (*celery, "worker", "-B", "--concurrency", "2", "--loglevel", "INFO"), ready_text=" ready."
    )


def web(port: int) -> Program:
    server = (sys.executable, "-m", "uvicorn", "ovii_backend.asgi:application", "--lifespan", "off")
    quiet = ("--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "3")
    return Program(
        "web",
        (*server, "--host", LOOPBACK, "--port", str(port), *quiet),
        ready_url=f"{address(port)}/health/live",
    )


def address(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def free_ports(count: int) -> list[int]:
    """Distinct ports that nobody listens on at this moment."""
    probes = [socket.create_server((LOOPBACK, 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def sync_templates() -> Program:
    return manage("templates", "sync_whatsapp_templates")


def manage(name: str, *arguments: str) -> Program:
    return Program(name, (sys.executable, "manage.py", *arguments))
