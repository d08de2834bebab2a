"""The webhook's address tried from here: a challenge, a forged post, a signed one that goes the whole way."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from integrations import self_test
from integrations.conf import META_GRAPH_URL
from integrations.credentials import Credentials
from integrations.models import WebhookEvent
from integrations.self_test import Reply
from ovii_backend.doctor.finding import Finding, Verdict, fine, problem, unknown
from ovii_backend.doctor.subscription import Address

DASHBOARD = "App Dashboard, WhatsApp, Configuration, Callback URL"
# A drain is rung at once, and comes by itself every two seconds.
DRAIN_SECONDS = 12.0
LONG_AGO = timedelta(days=1)
_REMEDIES = {
    400: "See that Host reaches Django unchanged and stands in ALLOWED_HOSTS.",
    401: "See that the server has the same app secret: restart it after a change of WHATSAPP_APP_SECRET.",
    403: "See that the server has the same verify token: restart it after a change, and let no firewall answer for it.",
    404: f"The path is wrong: it is /api/v1/whatsapp/webhook. Correct it here and at Meta, {DASHBOARD}.",
    413: "Let the proxy pass bodies of 3 MB (nginx: client_max_body_size 3m).",
    503: "The server cannot write to its database: see its log.",
}


def examine(address: Address | None, credentials: Credentials) -> Iterator[Finding]:
    """The later steps only where the earlier ones left sense in them."""
    yield last_received()
    if address is None:
        yield unknown(
            "reachable",
            "No address of the webhook is known.",
            "Set WHATSAPP_WEBHOOK_URL, or PUBLIC_URL, and run again.",
        )
        return
    yield from public(address.url)
    if not (credentials.app_secret and credentials.webhook_verify_token):
        yield unknown("reachable", "It cannot be tried without app secret and verify token.")
        return
    # The token goes to nobody but to an address that we know for ours.
    if address.ours or settings.WHATSAPP_GRAPH_URL.rstrip("/") != META_GRAPH_URL:
        verified = _verification(address.url, credentials.webhook_verify_token)
        yield verified
        if verified.verdict is not Verdict.OK:
            return
    yield _forged(address.url)
    yield _self_sent(address.url, credentials.app_secret)


def last_received() -> Finding:
    latest = WebhookEvent.objects.order_by("-pk").values_list("received_at", flat=True).first()
    if latest is None:
        return unknown("last webhook", "None was ever received.", "Write to the number from any phone: it must arrive.")
    said = f"received {latest:%d %b %Y %H:%M} UTC"
    if latest < timezone.now() - LONG_AGO:
        return unknown("last webhook", said, "Write to the number from any phone: it must arrive.")
    return fine("last webhook", said)


def public(url: str) -> Iterator[Finding]:
    """Meta posts to public https addresses only (Meta, Webhooks, Create an endpoint)."""
    if settings.WHATSAPP_GRAPH_URL.rstrip("/") != META_GRAPH_URL:
        return
    parts = urlsplit(url)
    if parts.scheme != "https" or _is_private(parts.hostname or ""):
        yield problem(
            "public",
            f"{url} is no public https address.",
            "Meta posts only to addresses with a certificate of a public authority; a self-signed one is refused.",
            "Put a proxy with a certificate (Caddy, nginx with certbot) in front; for trials, a tunnel such as ngrok.",
        )


def _is_private(host: str) -> bool:
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host


def _verification(url: str, token: str) -> Finding:
    reply, expected = self_test.challenge(url, token)
    if reply.status == 200 and reply.text == expected:
        return fine("verification", "the challenge comes back")
    if reply.status == 200:
        what = "It answers 200, but not with the challenge as plain text: something else answers there."
        return problem("verification", what, "Meta does not save such an address.", _REMEDIES[404])
    return _failed("verification", url, reply, "Meta asks for the challenge when the address is saved.")


def _forged(url: str) -> Finding:
    reply = self_test.post(url, self_test.body())
    if reply.status == 401:
        return fine("forged post", "refused with 401")
    if reply.status == 200:
        return problem(
            "forged post",
            "A post without signature is taken.",
            "Anybody can report messages as read or failed.",
            "See that the address leads to this Ovii and that no proxy answers 200 by itself.",
        )
    return _failed("forged post", url, reply, "What is not signed by Meta is to be refused with 401.")


def _self_sent(url: str, secret: str) -> Finding:
    """Signed, stored, drained; it means nothing to anybody and is removed in the end."""
    content = self_test.body()
    try:
        reply = self_test.post(url, content, secret)
        if reply.status != 200:
            return _failed("self-sent event", url, reply, "So would Meta's events be answered.")
        return _way_of(self_test.outcome(content, DRAIN_SECONDS), url)
    finally:
        self_test.forget(content)


def _way_of(row: WebhookEvent | None, url: str) -> Finding:
    part = "self-sent event"
    if row is None:
        return problem(
            part,
            f"{url} took it, but it is not in this database.",
            "Meta's events go to another installation, or the server has another DATABASE_URL than this command.",
            "Run the doctor with the server's environment: docker compose exec backend python manage.py doctor",
        )
    if row.status == WebhookEvent.Status.PENDING:
        return problem(
            part,
            f"It was stored and not understood within {DRAIN_SECONDS:.0f} s.",
            "Statuses and answers are kept, but nothing comes of them.",
            "celery -A ovii_backend worker -B",
        )
    if row.status == WebhookEvent.Status.PARKED:
        what = f"It was stored and then parked: {row.error.strip().splitlines()[-1] if row.error else 'no reason'}"
        return problem(part, what, "Other events may be parked like it.", "Admin, Webhook Events, Parked.")
    return fine(part, "signed, stored, understood, and removed again")


def _failed(part: str, url: str, reply: Reply, why: str) -> Finding:
    if reply.status is None:
        what = f"{url} does not answer from here: {reply.problem}."
        if "certificate" in reply.problem:
            return problem(part, what, "Meta refuses it too.", "Install a certificate of a public authority.")
        do = "See that the server runs, and what stands between: DNS, firewall, proxy. Where just this machine cannot "
        return problem(part, what, why, do + "reach its own public address, run the doctor on another.")
    if 300 <= reply.status < 400:
        what = f"It redirects to {reply.location or 'elsewhere'}."
        return problem(part, what, "Meta follows no redirect.", f"Enter the final address at Meta: {DASHBOARD}.")
    do = _REMEDIES.get(reply.status, "See the server's log.")
    return problem(part, f"{url} answers {reply.status}.", why, do)
