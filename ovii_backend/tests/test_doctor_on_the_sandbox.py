"""The doctor against the sandbox and a server of ours. Functions: `manage.py test` has no fixture `cloud_api`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from integrations import self_test
from integrations.models import WebhookEvent, WhatsAppTemplate
from integrations.tests.samples import creations
from integrations.webhook_inbox import drain
from integrations.whatsapp.transport import reset_pool
from ovii_backend.doctor import webhook
from ovii_backend.tests.test_doctor import a_worker_answers, ask_doctor, findings

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/whatsapp/webhook"


@pytest.fixture
def place(cloud_api: Any, settings: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Everything as it should be: approved templates, a subscribed app, a server that Meta posts to, a drain."""
    for name, value in cloud_api.environment().items():
        setattr(settings, name, value)
    settings.WHATSAPP_WEBHOOK_URL = live_server.url + PATH
    for creation in creations().values():
        template = cloud_api.templates.add(**creation)
        WhatsAppTemplate.objects.create(
            waba_id=cloud_api.waba_id,
            name=template.name,
            language=template.language,
            category=template.category,
            status=template.status,
        )
    cloud_api.webhooks.url = settings.WHATSAPP_WEBHOOK_URL
    draining(monkeypatch)
    with a_worker_answers():
        yield cloud_api
    cloud_api.control.post("subscribed", {"subscribed": True})
    reset_pool()


def draining(monkeypatch: pytest.MonkeyPatch) -> None:
    """In the place of a worker: the event is drained when somebody waits for it."""
    look = self_test.outcome

    def outcome(content: bytes, patience: float) -> WebhookEvent | None:
        drain()
        return look(content, patience)

    monkeypatch.setattr(webhook.self_test, "outcome", outcome)


def test_all_is_well_where_all_is_as_it_should_be(place: Any) -> None:
    told = findings()
    bad = {part: one for part, one in told.items() if one["verdict"] in ("problem", "warning")}
    assert bad == {}
    for part in ("token", "app secret", "number", "account", "templates", "subscription", "address", "verification"):
        assert told[part]["verdict"] == "ok", part
    assert told["forged post"]["what"] == "refused with 401"
    assert told["self-sent event"]["what"] == "signed, stored, understood, and removed again"


def test_nothing_is_left_behind_and_nothing_secret_is_said(place: Any) -> None:
    said = ask_doctor() + ask_doctor("--format=json")
    assert WebhookEvent.objects.count() == 0
    for secret in (place.access_token, place.app_secret, place.verify_token):
        assert secret not in said


def unsubscribed(place: Any, settings: Any) -> None:
    place.control.post("subscribed", {"subscribed": False})


def expired(place: Any, settings: Any) -> None:
    place.expire_token()


def another_secret(place: Any, settings: Any) -> None:
    settings.WHATSAPP_APP_SECRET = "f" * 32


def another_number(place: Any, settings: Any) -> None:
    settings.WHATSAPP_PHONE_NUMBER_ID = "999"


def another_account(place: Any, settings: Any) -> None:
    settings.WHATSAPP_WABA_ID = "999"


def banned(place: Any, settings: Any) -> None:
    place.numbers.set(status="BANNED", tell=False)


def low_quality(place: Any, settings: Any) -> None:
    place.numbers.set(quality_rating="RED", tell=False)


def another_address(place: Any, settings: Any) -> None:
    place.webhooks.url = "http://127.0.0.1:1/elsewhere"


def wrong_path(place: Any, settings: Any) -> None:
    settings.WHATSAPP_WEBHOOK_URL += "s"


def nobody_there(place: Any, settings: Any) -> None:
    settings.WHATSAPP_WEBHOOK_URL = "http://127.0.0.1:1" + PATH


def rejected_template(place: Any, settings: Any) -> None:
    place.templates.reject("welcome_message", "SCAM")


def unseen_approval(place: Any, settings: Any) -> None:
    WhatsAppTemplate.objects.filter(name="welcome_message").update(status="PENDING")


def retired_version(place: Any, settings: Any) -> None:
    settings.WHATSAPP_API_VERSION = "v18.0"


BROKEN: dict[Callable[[Any, Any], None], tuple[str, str, str]] = {
    unsubscribed: ("subscription", "No app is subscribed", "manage.py subscribe_whatsapp"),
    expired: ("meta", "190", "System users"),
    another_secret: ("app secret", "not the secret of the app", "App Dashboard"),
    another_number: ("meta", "100", "errors.md"),
    another_account: ("account", "cannot be read", "WHATSAPP_WABA_ID"),
    banned: ("number", "is BANNED", "appeal"),
    low_quality: ("quality", "is RED", "Insights"),
    another_address: ("address", "Meta posts to http://127.0.0.1:1/elsewhere", "--override"),
    wrong_path: ("verification", "answers 404", PATH),
    nobody_there: ("verification", "does not answer from here", "firewall"),
    rejected_template: ("templates", "Not approved at Meta", "WhatsApp Templates"),
    unseen_approval: ("templates", "not known as that here: welcome_message", "--check-status"),
    retired_version: ("version", "v18.0 is retired", "WHATSAPP_API_VERSION="),
}


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_what_is_broken_is_named_with_the_remedy(place: Any, settings: Any, broken: Callable[[Any, Any], None]) -> None:
    broken(place, settings)
    part, what, do = BROKEN[broken]
    one = findings()[part]
    assert one["verdict"] in ("problem", "warning")
    assert what in one["what"]
    assert do in one["do"]
    assert one["why"]


def test_event_that_nobody_understands_is_told(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(webhook, "DRAIN_SECONDS", 0.0)
    one = findings()["self-sent event"]
    assert one["verdict"] == "problem"
    assert "worker" in one["do"]
    assert WebhookEvent.objects.count() == 0


def test_event_that_ends_in_another_database_is_told(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook.self_test, "outcome", lambda content, patience: None)
    assert "another DATABASE_URL" in findings()["self-sent event"]["why"]


def test_without_fix_it_changes_nothing_and_with_it_the_app_is_subscribed(place: Any) -> None:
    unsubscribed(place, None)
    assert "doctor --fix" in ask_doctor()
    assert findings()["subscription"]["verdict"] == "problem"
    said = ask_doctor("--fix")
    assert "The app is subscribed to the account." in said
    assert findings()["subscription"]["verdict"] == "ok"


def test_subscribe_whatsapp_subscribes_and_shows_who_hears(place: Any) -> None:
    unsubscribed(place, None)
    out = StringIO()
    call_command("subscribe_whatsapp", stdout=out)
    assert "sandbox (1111111111111111), webhooks to the app's address" in out.getvalue()


def test_override_is_set_kept_by_a_second_call_and_forgotten_on_demand(place: Any, settings: Any) -> None:
    for options, expected in (
        (["--override"], settings.WHATSAPP_WEBHOOK_URL),
        ([], settings.WHATSAPP_WEBHOOK_URL),
        (["--app-address"], "the app's address"),
    ):
        out = StringIO()
        call_command("subscribe_whatsapp", *options, stdout=out)
        assert f"webhooks to {expected}" in out.getvalue()
