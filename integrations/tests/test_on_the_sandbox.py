"""The real client against the sandbox. Functions, not a TestCase: `manage.py test` has no fixture `cloud_api`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.credentials import Credentials
from integrations.exceptions import CredentialsRejected, TemplateRefused, Throttled, UncertainOutcome, WindowClosed
from integrations.services import WhatsAppClient
from integrations.tests.samples import creations
from integrations.webhook_inbox import drain
from integrations.whatsapp.errors import error_from_webhook
from integrations.whatsapp.transport import reset_pool
from integrations.whatsapp_templates import format_template_components

#: The client counts its calls in the database.
pytestmark = pytest.mark.django_db
NUMBER = "+263771234567"
CODE = {"code": "482913"}


@pytest.fixture
def whatsapp(cloud_api: Any, settings: Any) -> Iterator[WhatsAppClient]:
    """With the project's own templates, submitted and approved."""
    for name, value in cloud_api.environment().items():
        setattr(settings, name, value)
    client = WhatsAppClient(
        Credentials(
            cloud_api.waba_id,
            cloud_api.phone_number_id,
            cloud_api.access_token,
            cloud_api.app_secret,
            cloud_api.verify_token,
            settings.WHATSAPP_API_VERSION,
            "environment",
        )
    )
    for creation in creations().values():
        client.create_template(creation)
    yield client
    reset_pool()


def test_every_template_of_ours_is_approved(cloud_api: Any, whatsapp: WhatsAppClient) -> None:
    assert {template.status for template in cloud_api.templates} == {"APPROVED"}
    assert {template["name"] for template in whatsapp.list_templates()} == set(creations())


def test_code_arrives_and_can_be_copied(cloud_api: Any, whatsapp: WhatsAppClient) -> None:
    template = next(template for template in cloud_api.templates if template.category == "AUTHENTICATION")
    components = format_template_components(template.name, CODE)
    whatsapp.send_template_message(NUMBER, template.name, components=components, callback_data="t-1")
    message = cloud_api.outbox.one(to=NUMBER, template=template.name, callback_data="t-1")
    assert message.statuses == ("sent", "delivered", "read")
    assert cloud_api.person(NUMBER).inbox.last.code == "482913"


def test_text_arrives_where_somebody_wrote_and_fails_where_not(cloud_api: Any, whatsapp: WhatsAppClient) -> None:
    cloud_api.person(NUMBER).says("Hello")
    whatsapp.send_text_message(NUMBER, "Good day")
    assert cloud_api.person(NUMBER).inbox.last.text == "Good day"
    whatsapp.send_text_message("+263772222222", "Good day")
    failed = cloud_api.outbox.one(to="+263772222222", error=131047)
    assert isinstance(error_from_webhook([failed.record["statuses"][-1]["error"]]), WindowClosed)


def test_throttle_says_how_long_to_wait(cloud_api: Any, whatsapp: WhatsAppClient) -> None:
    with cloud_api.faults.add("throttle", retry_after=120), pytest.raises(Throttled) as throttled:
        whatsapp.send_text_message(NUMBER, "Hello")
    assert (throttled.value.code, throttled.value.http_status, throttled.value.retry_after) == (130429, 429, 120)
    cloud_api.outbox.assert_nothing()


def test_expired_token_and_unknown_template_are_told_apart(cloud_api: Any, whatsapp: WhatsAppClient) -> None:
    with pytest.raises(TemplateRefused):
        whatsapp.send_template_message(NUMBER, "nothing")
    cloud_api.expire_token()
    with pytest.raises(CredentialsRejected) as expired:
        whatsapp.send_text_message(NUMBER, "Hello")
    assert (expired.value.code, expired.value.subcode) == (190, 463)


@pytest.mark.parametrize("fault", ["cut_after_accept", "half_json"])
def test_message_whose_answer_is_lost_is_uncertain_and_was_sent(
    cloud_api: Any, whatsapp: WhatsAppClient, fault: str
) -> None:
    with cloud_api.faults.add(fault), pytest.raises(UncertainOutcome):
        whatsapp.send_text_message(NUMBER, "Hello", callback_data="t-2")
    assert cloud_api.outbox.one(callback_data="t-2").text == "Hello"


@pytest.mark.parametrize("accepted", [True, False])
def test_page_instead_of_json_leaves_open_whether_it_was_sent(
    cloud_api: Any, whatsapp: WhatsAppClient, accepted: bool
) -> None:
    with cloud_api.faults.add("html", accepted=accepted), pytest.raises(UncertainOutcome) as strange:
        whatsapp.send_text_message(NUMBER, "Hello")
    assert (strange.value.http_status, len(cloud_api.outbox)) == (502, int(accepted))


def test_webhooks_pass_the_view(cloud_api: Any, whatsapp: WhatsAppClient, client: Any) -> None:
    receiver = cloud_api.webhooks.collect()
    cloud_api.person(NUMBER).says("Hello")
    whatsapp.send_text_message(NUMBER, "Good day")
    cloud_api.webhooks.settled()
    for post in receiver.posts:
        answer = client.post("/api/v1/whatsapp/webhook", post.body, "application/json", headers=post.headers)
        assert answer.status_code == 200
    assert drain().failed == 0
