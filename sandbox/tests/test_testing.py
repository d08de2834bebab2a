"""What the fixture `cloud_api` shows of messages, and how it plays the person."""

from __future__ import annotations

import threading

import pytest

from sandbox.testing import CloudApi, ControlError
from sandbox.tests.desk import login, text_send
from sandbox.tests.shop import RUDO, TARIRO, post


def test_outbox_shows_what_was_sent_as_the_person_sees_it(shop: CloudApi) -> None:
    update, code = shop.outbox
    assert (update.to, update.template, update.language) == (TARIRO, "order_update", "en_US")
    assert update.parameters == ("Tariro", "A-19")
    assert update.text.startswith("Hello Tariro, order A-19 left")
    assert update.callback_data == "ord-7"
    assert update.statuses == ("sent", "delivered", "read")
    assert (code.code, code.buttons) == ("482913", ("Copy code",))


def test_outbox_is_looked_through_by_any_of_its_criteria(shop: CloudApi) -> None:
    assert shop.outbox.to("+263 77 123 4567").one(template="login_code").code == "482913"
    assert shop.outbox.where(text="A-19").last is not None
    assert shop.outbox.assert_sent(2, to=TARIRO, status="delivered")
    assert len(shop.outbox.where(callback_data="ord-7", parameters=["Tariro", "A-19"])) == 1
    shop.outbox.assert_nothing(to=RUDO)
    with pytest.raises(TypeError, match="colour: not known; look by to, type"):
        shop.outbox.where(colour="red")


def test_missing_message_is_told_with_what_is_there(shop: CloudApi) -> None:
    with pytest.raises(AssertionError) as failed:
        shop.outbox.assert_sent(to=RUDO, template="order_update")
    told = str(failed.value)
    assert told.startswith(f"expected a message to {RUDO} with template 'order_update', found none. The outbox: 2\n")
    assert f"1. to {TARIRO}: template 'order_update' (en_US) 'Hello Tariro, order A-19 left" in told
    assert "[sent, delivered, read]" in told


def test_superfluous_message_is_told(shop: CloudApi) -> None:
    with pytest.raises(AssertionError, match=r"expected no message to .*, but there are 2\n"):
        shop.outbox.assert_nothing(to=TARIRO)
    with pytest.raises(AssertionError, match=r"expected 1 message to .*, found 2"):
        shop.outbox.one(to=TARIRO)


def test_message_that_comes_later_is_waited_for(cloud_api: CloudApi) -> None:
    person = cloud_api.person(TARIRO).opens_window()
    sender = threading.Timer(0.05, post, (cloud_api, text_send("Later")))
    sender.start()
    assert person.inbox.wait_for(text="Later", status="read").text == "Later"
    sender.join()
    with pytest.raises(AssertionError, match=r"after 0 s: expected 1 message with text 'Never', found none"):
        cloud_api.outbox.wait_for(text="Never", timeout=0)


def test_person_says_and_shows_all_that_people_do(shop: CloudApi) -> None:
    receiver = shop.webhooks.collect()
    tariro = shop.person(TARIRO, name="Tariro")
    first = tariro.says("Thanks!", reply_to=tariro.inbox.one(template="order_update"))
    tariro.reacts("👍")
    tariro.sends_picture(caption="The parcel")
    tariro.sends_document(filename="receipt.pdf")
    tariro.sends_voice()
    tariro.sends_location(-17.83, 31.05, name="Harare")
    tariro.sends_contact("Rudo", RUDO)
    tariro.sends(unsupported={})
    tariro.edits(first, "Thank you!")
    tariro.deletes(first)
    shop.webhooks.settled()
    kinds = [message["type"] for message in receiver.values("messages")]
    assert kinds == [
        "text", "reaction", "image", "document", "audio", "location", "contacts", "unsupported", "edit", "revoke",
    ]  # fmt: skip
    assert tariro.said[0].wamid == first
    assert receiver.values("contacts")[-1]["profile"] == {"name": "Tariro"}


def test_person_taps_buttons_and_chooses_rows(cloud_api: CloudApi) -> None:
    receiver = cloud_api.webhooks.collect()
    tariro = cloud_api.person(TARIRO).opens_window()
    replies = [{"type": "reply", "reply": {"id": name.lower(), "title": name}} for name in ("Confirm", "Cancel")]
    ask = {"type": "button", "body": {"text": "Is it right?"}, "action": {"buttons": replies}}
    rows = [{"id": "r1", "title": "Rice"}, {"id": "r2", "title": "Beans"}]
    offer = {"type": "list", "body": {"text": "What?"}, "action": {"button": "Choose", "sections": [{"rows": rows}]}}
    for interactive in (ask, offer):
        status, _ = post(cloud_api, text_send() | {"type": "interactive", "interactive": interactive})
        assert status == 200
    assert tariro.taps("Confirm").wamid
    tariro.chooses("Beans")
    tariro.chooses("r1")
    cloud_api.webhooks.settled()
    replied = [message["interactive"] for message in receiver.values("messages")]
    assert [reply.get("button_reply", reply.get("list_reply"))["id"] for reply in replied] == ["confirm", "r2", "r1"]
    with pytest.raises(AssertionError, match=r"has 'Perhaps'; there is 'Confirm', 'Cancel'"):
        tariro.taps("Perhaps")


def test_code_button_copies(shop: CloudApi) -> None:
    assert shop.person(TARIRO).inbox.last.code == "482913"
    assert shop.person(TARIRO).taps("Copy code").copied == "482913"


def test_phone_that_is_off_gets_its_messages_later(shop: CloudApi) -> None:
    rudo = shop.person(RUDO).goes_offline()
    post(shop, login("111222", to=RUDO))
    assert shop.outbox.to(RUDO).last.status == "sent"
    rudo.inbox.assert_nothing()
    rudo.does_not_read().comes_back()
    assert rudo.inbox.last.status == "delivered"
    rudo.reads()
    assert rudo.inbox.last.status == "read"


def test_person_is_known_by_other_means_after_a_change(shop: CloudApi) -> None:
    receiver = shop.webhooks.collect()
    tariro = shop.person(TARIRO)
    before = tariro.user_id
    tariro.stops_marketing().resumes_marketing()
    tariro.changes_number("+263771110000")
    assert tariro.user_id != before
    tariro.hides_number().says("It is me")
    tariro.shows_number().blocks()
    with pytest.raises(ControlError, match="this person has blocked the business"):
        tariro.says("Hello?")
    shop.webhooks.settled()
    assert [change["value"] for change in receiver.values("user_preferences")] == ["stop", "resume"]
    assert "from" not in receiver.values("messages")[-1]


@pytest.mark.parametrize("code", [131026, 131049])
def test_person_refuses_or_fails_with_any_code(shop: CloudApi, code: int) -> None:
    post(shop, login(to=shop.person(RUDO).fails_with(code).phone))
    assert shop.outbox.one(to=RUDO, error=code).status == "failed"
    status, answer = post(shop, login(to=shop.person(RUDO).refuses_with(code).phone))
    assert (status, answer["error"]["code"]) == (400, code)
