"""A notice as an e-mail to OPERATOR_EMAILS."""

from __future__ import annotations

from django.conf import settings
from django.core.mail import EmailMessage

from tenants.models import AlertNotice

_VERBS = {"raised": "", "resolved": "Resolved: "}
SUBJECT_LENGTH = 150


def tell(notice: AlertNotice) -> None:
    """Send it. Raises OSError or SMTPException when the mail server does not take it."""
    compose(notice).send()


def compose(notice: AlertNotice) -> EmailMessage:
    """The mail: what happened, what to do, since when. A repeat has the same Message-ID."""
    alert = notice.payload
    subject = f"[Ovii] {_VERBS[notice.kind]}{' '.join(alert['summary'].split())}"
    return EmailMessage(
        subject=subject if len(subject) <= SUBJECT_LENGTH else f"{subject[: SUBJECT_LENGTH - 1]}…",
        body="\n".join(_lines(notice.kind, alert)),
        to=settings.OPERATOR_EMAILS,
        headers={"Message-ID": f"<{notice.token}@{settings.INSTALLATION_ID}.ovii>", "Auto-Submitted": "auto-generated"},
    )


def _lines(kind: str, alert: dict[str, object]) -> list[str]:
    lines = [str(alert["summary"]), ""]
    if kind == "resolved":
        lines += [f"It is over since {alert['resolved_at']} (resolved by: {alert['resolved_by']}).", ""]
    elif alert["what_to_do"]:
        lines += ["What to do:", str(alert["what_to_do"]), ""]
    facts = {
        "Severity": alert["severity"],
        "Cause": alert["cause"],
        "Tenant": alert["tenant"],
        "First seen": alert["first_seen"],
        "Last seen": alert["last_seen"],
        "Times": alert["count"],
        "Installation": settings.INSTALLATION_ID,
    }
    return lines + [f"{name}: {value}" for name, value in facts.items() if value]
