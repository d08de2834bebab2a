from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from integrations.account_calls import AccountCalls
from integrations.exceptions import Misconfigured, WhatsAppError
from integrations.services import WhatsAppClient
from integrations.template_sync import refresh_statuses
from ovii_backend.doctor import at_meta, here, subscription, webhook
from ovii_backend.doctor.finding import Finding, Verdict
from ovii_backend.whatsapp_health import report

Section = tuple[str, list[Finding]]


@dataclass(slots=True)
class Examination:
    """What was found, in sections; `whatsapp` is the report that the health page shows, empty without a database."""

    sections: list[Section] = field(default_factory=list)
    whatsapp: Mapping[str, Any] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        return [finding for _, findings in self.sections for finding in findings]

    def count(self, verdict: Verdict) -> int:
        return sum(finding.verdict is verdict for finding in self.findings)

    def add(self, title: str, findings: Iterable[Finding]) -> None:
        if found := list(findings):
            self.sections.append((title, found))


def examine(*, offline: bool = False) -> Examination:
    """Look at every part. Changes nothing but for an event of its own, which it removes; `offline` asks nobody else."""
    found = Examination()
    foundations = here.foundations()
    ill = {finding.part for finding in foundations if finding.verdict is not Verdict.OK}
    if ill & {"database", "migrations"}:
        found.add("This machine", foundations)
        return found
    found.add("This machine", [*foundations, *here.machinery(broker_works="broker" not in ill)])
    client = WhatsAppClient()
    seen = _ask_meta(found, client) if not offline and client.client else set()
    found.whatsapp = report()
    found.add("Messages", here.messages(found.whatsapp, without=seen))
    return found


def _ask_meta(found: Examination, client: WhatsAppClient) -> set[str]:
    """Add what Meta says, and what comes of a webhook. Returns the parts that need no second finding."""
    account = at_meta.learn(client)
    findings = list(at_meta.examine(account))
    found.add("Meta", findings)
    webhooks = list(subscription.examine(account)) if account.reached else []
    found.add("Webhooks", [*webhooks, *webhook.examine(subscription.address(account), client.credentials)])
    return {"templates"} & {finding.part for finding in findings}


def repair(found: Examination) -> list[str]:
    """Do what can be done without a person about what was found. Returns what was done or why it could not be."""
    wanted = dict.fromkeys(finding.repair for finding in found.findings if finding.repair)
    client = WhatsAppClient()
    done = []
    for name in wanted:
        words, act = REPAIRS[name]
        try:
            act(client)
            done.append(words)
        except (WhatsAppError, Misconfigured) as error:
            done.append(f"Not done ({words}): {error}")
    return done


REPAIRS: dict[str, tuple[str, Callable[[WhatsAppClient], object]]] = {
    "subscribe": ("The app is subscribed to the account.", lambda client: AccountCalls(client).subscribe()),
    "templates": ("The templates' statuses were read from Meta.", refresh_statuses),
}
