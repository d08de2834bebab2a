"""A client library that others use in earnest, pywa, reads the sandbox's webhooks as it reads Meta's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pywa import types
from pywa.types import templates as parts

from sandbox.testing import CloudApi
from sandbox.tests.pywa_bot import Bot, running_bot
from sandbox.tests.shop import ORDER, RUDO, TARIRO

#: pywa reads the first update of a POST only, so that statuses must not fall due together.
pytestmark = pytest.mark.cloud_api(clock="manual", status_delays=(1, 2, 3))
ENGLISH = parts.TemplateLanguage.ENGLISH_US


@pytest.fixture
def bot(cloud_api: CloudApi, caplog: pytest.LogCaptureFixture) -> Iterator[Bot]:
    """Fails when pywa complains of anything that it got, unless the test clears the log."""
    with running_bot(cloud_api) as bot:
        cloud_api.webhooks.verify()
        yield bot
        cloud_api.webhooks.settled()
    wrong = [
        record.getMessage() for record in caplog.records if record.name.startswith("pywa") and record.levelno >= 30
    ]
    assert wrong == []


@pytest.fixture
def deliver(cloud_api: CloudApi, bot: Bot) -> Callable[..., Any]:
    """Lets one second pass, and gives what pywa made of what was told then."""

    def deliver(kind: type[Any] = types.MessageStatus) -> Any:
        cloud_api.clock.advance(1)
        return bot.next(kind)

    return deliver


def test_address_is_verified_and_signatures_are_checked(
    cloud_api: CloudApi, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    assert cloud_api.webhooks.raw({"object": "page", "entry": []}, sign="wrong").http_status == 403
    assert cloud_api.webhooks.raw({"object": "page", "entry": []}, sign=False).http_status == 401
    cloud_api.webhooks.set(verify_token="another")
    with pytest.raises(AssertionError, match="refused the verify token"):
        cloud_api.webhooks.verify()
    caplog.clear()


def test_messages_of_every_kind(cloud_api: CloudApi, bot: Bot) -> None:
    tariro = cloud_api.person(TARIRO, name="Tariro")
    wamid = tariro.says("Hello")
    text = bot.next(types.Message)
    assert (text.id, text.text, text.from_user.name, text.from_user.wa_id) == (wamid, "Hello", "Tariro", TARIRO[1:])
    tariro.sends_picture(caption="The parcel")
    picture = bot.next(types.Message)
    assert (picture.caption, picture.image.get_bytes()[:4]) == ("The parcel", b"\x89PNG")
    tariro.sends_document(filename="receipt.pdf")
    assert bot.next(types.Message).document.filename == "receipt.pdf"
    tariro.sends_voice()
    assert bot.next(types.Message).audio.voice is True
    tariro.sends_location(-17.83, 31.05, name="Harare")
    assert bot.next(types.Message).location.name == "Harare"
    tariro.sends_contact("Rudo", RUDO)
    assert bot.next(types.Message).contacts[0].name.formatted_name == "Rudo"
    tariro.sends(unsupported={})
    assert bot.next(types.Message).type == types.MessageType.UNSUPPORTED


def test_answers_reactions_and_corrections(cloud_api: CloudApi, bot: Bot, deliver: Callable[..., Any]) -> None:
    tariro = cloud_api.person(TARIRO)
    said = tariro.says("Hello")
    bot.next(types.Message).reply("Good day")
    for _ in range(3):
        deliver()
    tariro.says("You too", reply_to=tariro.inbox.last)
    assert bot.next(types.Message).reply_to_message.id == tariro.inbox.last.wamid
    tariro.reacts("👍")
    assert bot.next(types.Message).reaction.emoji == "👍"
    tariro.edits(said, "Hello!")
    bot.next(types.EditedMessage)
    tariro.deletes(said)
    bot.next(types.DeletedMessage)


def test_buttons_and_rows_come_as_callbacks(cloud_api: CloudApi, bot: Bot, deliver: Callable[..., Any]) -> None:
    tariro = cloud_api.person(TARIRO).opens_window()
    bot.client.send_message(TARIRO, "Is it right?", buttons=[types.Button("Confirm", "yes")])
    for _ in range(3):
        deliver()
    tariro.taps("Confirm")
    pressed = bot.next(types.CallbackButton)
    assert (pressed.title, pressed.data) == ("Confirm", "yes")
    rows = [types.SectionRow("Rice", "r1", "white")]
    bot.client.send_message(TARIRO, "What?", buttons=types.SectionList("Choose", [types.Section("Food", rows)]))
    for _ in range(3):
        deliver()
    tariro.chooses("Rice")
    chosen = bot.next(types.CallbackSelection)
    assert (chosen.title, chosen.data, chosen.description) == ("Rice", "r1", "white")
    cloud_api.templates.add("order_update", ORDER, buttons=[{"type": "QUICK_REPLY", "text": "Stop"}])
    bot.next(types.TemplateStatusUpdate)
    given = [
        parts.BodyText.params("Tariro", "A-19"),
        parts.QuickReplyButton.params(callback_data="STOP", index=0),
    ]
    bot.client.send_template(TARIRO, "order_update", ENGLISH, given)
    for _ in range(3):
        deliver()
    tariro.taps("Stop")
    assert bot.next(types.CallbackButton).data == "STOP"


def test_statuses_carry_callback_data_and_price(cloud_api: CloudApi, bot: Bot, deliver: Callable[..., Any]) -> None:
    cloud_api.person(TARIRO).opens_window()
    wamid = bot.client.send_message(TARIRO, "Hello", tracker="ord-7").id
    told = [deliver() for _ in range(3)]
    wanted = [types.MessageStatusType.SENT, types.MessageStatusType.DELIVERED, types.MessageStatusType.READ]
    assert [status.status for status in told] == wanted
    assert {(status.id, status.tracker) for status in told} == {(wamid, "ord-7")}
    assert (told[0].pricing.model.value, told[0].pricing.category.value) == ("PMP", "service")
    assert told[0].from_user.wa_id == TARIRO[1:]


def test_failure_is_read_where_it_names_its_contact(
    cloud_api: CloudApi, bot: Bot, caplog: pytest.LogCaptureFixture
) -> None:
    """pywa 4.5.0 cannot read a failure without `contacts`, as Meta documents it; with them it does."""
    cloud_api.person(RUDO).opens_window().fails_with(131026)
    bot.client.send_message(RUDO, "Hello", tracker="ord-8")
    cloud_api.clock.advance(1)
    body = cloud_api.webhooks.settled()[-1].json
    cloud_api.wait_until(lambda: "Failed to construct update" in caplog.text)
    caplog.clear()
    body["entry"][0]["changes"][0]["value"]["contacts"] = [{"wa_id": "263777654321"}]
    cloud_api.webhooks.raw(body)
    failed = bot.next(types.MessageStatus)
    assert (failed.status, failed.tracker, failed.error.code) == (types.MessageStatusType.FAILED, "ord-8", 131026)


def test_reviews_of_templates(cloud_api: CloudApi, bot: Bot) -> None:
    cloud_api.templates.add("order_update", ORDER)
    assert bot.next(types.TemplateStatusUpdate).new_status == parts.TemplateStatus.APPROVED
    cloud_api.templates.reject("order_update", "PROMOTIONAL")
    rejected = bot.next(types.TemplateStatusUpdate)
    assert (rejected.new_status, rejected.reason.value) == (parts.TemplateStatus.REJECTED, "PROMOTIONAL")
    for act, status in (
        ("pause", "PAUSED"),
        ("disable", "DISABLED"),
        ("flag", "FLAGGED"),
        ("appeal", "IN_APPEAL"),
        ("reinstate", "REINSTATED"),
        ("archive", "ARCHIVED"),
    ):
        cloud_api.templates.act("order_update", act)
        told = bot.next(types.TemplateStatusUpdate)
        assert (told.template_name, told.new_status.value) == ("order_update", status)
    cloud_api.templates.change_quality("order_update", "RED")
    assert bot.next(types.TemplateQualityUpdate).new_quality_score.value == "RED"
    cloud_api.templates.change_category("order_update", "MARKETING")
    moved = bot.next(types.TemplateCategoryUpdate)
    assert (moved.previous_category.value, moved.new_category.value) == ("UTILITY", "MARKETING")
    cloud_api.templates.delete("order_update")
    assert bot.next(types.TemplateStatusUpdate).new_status.value == "DELETED"


def test_people_change_their_mind_and_their_number(cloud_api: CloudApi, bot: Bot, deliver: Callable[..., Any]) -> None:
    tariro = cloud_api.person(TARIRO)
    tariro.says("Hello")
    bot.next(types.Message)
    tariro.stops_marketing()
    stopped = bot.next(types.UserMarketingPreferences)
    tariro.resumes_marketing()
    resumed = bot.next(types.UserMarketingPreferences)
    assert (bool(stopped), bool(resumed)) == (False, True)
    tariro.changes_number("+263771110000")
    assert bot.next(types.PhoneNumberChange).new_wa_id == "263771110000"
    tariro.hides_number().says("It is me")
    hidden = bot.next(types.Message)
    assert (hidden.from_user.wa_id, hidden.from_user.bsuid) == (None, tariro.user_id)
    hidden.reply("Good day")
    assert deliver().from_user.bsuid == tariro.user_id


def test_account_is_updated(cloud_api: CloudApi, bot: Bot) -> None:
    cloud_api.announces("account_update", event="PARTNER_REMOVED")
    assert bot.next(types.AccountUpdate).event.value == "PARTNER_REMOVED"


def test_same_post_again_is_handled_once(cloud_api: CloudApi, bot: Bot, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "pywa")
    cloud_api.faults.add("duplicate", count=2)
    cloud_api.person(TARIRO).says("Hello")
    bot.next(types.Message)
    assert len(cloud_api.webhooks.settled()) == 2
    cloud_api.wait_until(lambda: "Skipped duplicate update" in caplog.text)
    assert bot.updates.empty()
