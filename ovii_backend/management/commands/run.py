"""`manage.py run`: everything on one machine, with the sandbox in Meta's place, until Ctrl-C."""

from __future__ import annotations

import os
import secrets
import sys
import time
import warnings
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from integrations.models import WhatsAppConfig
from ovii_backend import desk, environment, processes
from ovii_backend.demo.cast import OPEN_WALLETS, OPERATOR
from ovii_backend.environment import BASE_DIR, env
from ovii_backend.supervisor import ProgramFailed, Supervisor
from ovii_backend.terminal import Paint, box, wants_colour
from users.models import User

# What the environment holds for Meta; unused while the sandbox stands in for it.
META_VARIABLES = ("WHATSAPP_ACCESS_TOKEN", "WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_APP_SECRET")
SILENCE_SECONDS = 1.0
LONGEST_CHATTER_SECONDS = 10.0


class Command(BaseCommand):
    help = (
        "Runs web, worker and sandbox on this machine until Ctrl-C and opens the sandbox in your browser. "
        "Environment: PORT (8000), SANDBOX_PORT (8100), OPEN=no leaves the browser alone."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.paint = Paint(wants_colour(sys.stdout) and not options["no_color"])
        self.port, self.sandbox_port = env.int("PORT", default=8000), env.int("SANDBOX_PORT", default=8100)
        # Asked of the environment, not of the setting: only who names a Graph URL leaves the sandbox.
        self.graph_url = env.str("WHATSAPP_GRAPH_URL", default="")
        self.names: list[str] = []
        self.shows_lines, self.last_line_at = False, 0.0
        self._refuse_taken_ports()
        self._say_what_is_unused()
        self.stdout.write("Starting ...")
        call_command("migrate", verbosity=0, interactive=False)
        password = self._operator()
        connections.close_all()
        try:
            with Supervisor(self._environment(), BASE_DIR, self._line) as supervisor:
                self._start(supervisor)
                self.stdout.write(box(self._addresses(password)))
                self._open_the_sandbox()
                self.shows_lines = True
                supervisor.watch()
        except ProgramFailed as failure:
            tail = "\n".join(f"  {line}" for line in failure.tail)
            raise CommandError(f"{failure}. Its last lines:\n{tail}") from None
        except KeyboardInterrupt:
            self.stdout.write("\nStopped.")

    def _refuse_taken_ports(self) -> None:
        wanted = {"PORT": self.port} if self.graph_url else {"PORT": self.port, "SANDBOX_PORT": self.sandbox_port}
        for variable, port in wanted.items():
            if not processes.is_free(port):
                raise CommandError(
                    f"Port {port} is in use: stop what listens there, or choose another, "
                    f"for example `make run {variable}={port + 10}`."
                )

    def _say_what_is_unused(self) -> None:
        given = [name for name in META_VARIABLES if env.str(name, default="")]
        if given and not self.graph_url:
            self.stdout.write(
                f"{', '.join(given)} in the environment: not used, because `run` talks to the sandbox. "
                "To talk to Meta set WHATSAPP_GRAPH_URL=https://graph.facebook.com."
            )

    def _operator(self) -> str:
        """The password of a new operator, empty if there is one; beside a new one, wallets to play with."""
        if WhatsAppConfig.objects.filter(is_active=True).exists() and not self.graph_url:
            self.stdout.write(
                "The admin holds an active WhatsApp Configuration. It wins over the sandbox's credentials, "
                "so the sandbox will refuse it: deactivate it, or set WHATSAPP_GRAPH_URL."
            )
        if User.objects.filter(is_superuser=True).exists():
            return ""
        password = secrets.token_urlsafe(12)
        User.objects.create_superuser(OPERATOR, password, first_name="Operator")
        call_command("open_wallets", *OPEN_WALLETS, stdout=StringIO())
        return password

    def _environment(self) -> dict[str, str]:
        with warnings.catch_warnings(action="ignore"):
            keys, _ = environment.keys(debug=True)
        child = os.environ | keys | {"DEBUG": "true", "PYTHONUNBUFFERED": "1"}
        # Said above where it matters; Celery's advice against root is for servers.
        child["PYTHONWARNINGS"] = "ignore"
        if not self.graph_url:
            account = processes.SandboxAccount()
            child |= account.for_the_sandbox() | account.for_ovii(processes.address(self.sandbox_port))
        return child

    def _start(self, supervisor: Supervisor) -> None:
        if not self.graph_url:
            webhook = f"{processes.address(self.port)}/api/integrations/webhooks/whatsapp/"
            supervisor.start(processes.sandbox(self.sandbox_port, webhook))
        supervisor.start(processes.web(self.port), processes.worker())
        # The worker is not waited for: with a higher LOG_LEVEL it does not say that it is ready.
        supervisor.wait_until_ready(*(name for name in supervisor.children if name != "worker"))
        if not self.graph_url:
            supervisor.run(processes.sync_templates())
            self._await_silence()

    def _await_silence(self) -> None:
        """The approvals of new templates come in now; the addresses shall stand below their lines."""
        give_up = time.monotonic() + LONGEST_CHATTER_SECONDS
        while time.monotonic() < min(give_up, self.last_line_at + SILENCE_SECONDS):
            time.sleep(0.1)

    def _open_the_sandbox(self) -> None:
        if not self.graph_url and env.bool("OPEN", default=True) and desk.has_a_screen(sys.stdout):
            desk.show(f"{processes.address(self.sandbox_port)}/")

    def _addresses(self, password: str) -> list[str]:
        web, bold = processes.address(self.port), self.paint.bold
        sandbox = [
            f"Sandbox  {bold(processes.address(self.sandbox_port) + '/')}",
            "         the phones, the reviews, the webhooks: Meta on your desk",
        ]
        if self.graph_url:
            sandbox = [f"Meta     messages go to {urlsplit(self.graph_url).hostname}"]
        sign_in = "sign in as the operator you have; forgotten? .venv/bin/python manage.py changepassword PHONE"
        if password:
            sign_in = f"sign in as {OPERATOR} with {bold(password)} (shown this once)"
        return [
            bold("Ovii is running.") + "  Ctrl-C stops everything.",
            "",
            *sandbox,
            f"Start    {web}/",
            f"Admin    {web}/admin/",
            f"         {sign_in}",
            f"API      {web}/api/docs/",
            f"Health   {web}/api/v1/whatsapp/health",
            f"Files    {os.path.relpath(settings.VAR_DIR)}/ (database, broker, keys)",
        ]

    def _line(self, name: str, line: str) -> None:
        """One whole line with one call, because several threads write."""
        self.last_line_at = time.monotonic()
        if name not in self.names:
            self.names.append(name)
        if self.shows_lines and line:
            self.stdout.write(f"{self.paint.program(name, self.names.index(name))} {line}\n", ending="")
            self.stdout.flush()
