"""Templates, faults, webhooks, the clock and the rest of the fixture `cloud_api`, and how it is started."""

from __future__ import annotations

import unittest
from datetime import timedelta
from typing import Any

import pytest

from sandbox.testing import CloudApi, ControlError, connect, running
from sandbox.tests.desk import login, order
from sandbox.tests.shop import TARIRO, post


def test_templates_are_judged(shop: CloudApi) -> None:
    templates = shop.templates
    assert {template.name for template in templates} == {"order_update", "login_code"}
    assert templates.reject("order_update", "PROMOTIONAL").rejected_reason == "PROMOTIONAL"
    assert templates.approve("order_update").status == "APPROVED"
    assert templates.pause("order_update").status == "PAUSED"
    assert post(shop, order("Tariro", "A-20"))[1]["error"]["code"] == 132015
    assert templates.unpause("order_update").status == "APPROVED"
    assert templates.change_quality("order_update", "RED").quality == "RED"
    assert templates.change_category("order_update", "MARKETING").category == "MARKETING"
    named = templates.add("named", "Hello {{first_name}}, this is your shop in Harare.", parameter_format="NAMED")
    assert named.components[0]["example"]["body_text_named_params"][0]["param_name"] == "first_name"
    templates.delete("named")
    assert "named" not in templates
    with pytest.raises(AssertionError, match=r"no template 'named'; there is order_update \(en_US, APPROVED\)"):
        templates.get("named")
    with pytest.raises(ControlError, match="lower-case"):
        templates.add("Named", "Hello")


def test_fault_ends_with_its_block(shop: CloudApi) -> None:
    with shop.faults.add("throttle", retry_after=7, times="always") as fault:
        assert post(shop, login())[0] == 429
        assert fault.used == 1
    assert post(shop, login())[0] == 200
    with shop.faults.preset("throttled") as faults:
        assert len(shop.faults) == len(faults.records) == 3
    assert not list(shop.faults)
    shop.faults.add("drop", event="read")
    shop.faults.clear()
    with pytest.raises(ControlError, match="retry_after: not known for cut_before_accept"):
        shop.faults.add("cut_before_accept", retry_after=1)


def test_webhooks_are_read_sent_again_and_made_up(shop: CloudApi) -> None:
    receiver = shop.webhooks.collect()
    shop.webhooks.verify()
    wamid = post(shop, login())[1]["messages"][0]["id"]
    delivered = shop.webhooks.settled()
    assert [event for delivery in delivered for event in delivery.events] == [
        ("sent", wamid),
        ("delivered", wamid),
        ("read", wamid),
    ]
    assert delivered[0].signature == receiver.posts[0].signature
    assert delivered[0].changes[0]["value"]["statuses"][0]["id"] == wamid
    assert shop.webhooks.resend(delivered[0]).attempt == 1
    assert receiver.posts[-1] == receiver.posts[0]
    assert shop.webhooks.raw({"object": "page"}, sign="wrong", headers={"X-Way": "1"}).http_status == 200
    assert receiver.posts[-1].json == {"object": "page"}
    assert [delivery.record["origin"] for delivery in shop.webhooks.deliveries[-2:]] == ["resent", "raw"]


def test_webhooks_that_do_not_settle_say_what_is_left(shop: CloudApi) -> None:
    receiver = shop.webhooks.collect()
    receiver.answers = [500] * 100
    post(shop, login())
    with pytest.raises(AssertionError, match=r"not settled after 0\.3 s: [^$]* refused answered with 500"):
        shop.webhooks.settled(timeout=0.3)


def test_verification_that_fails_says_why(cloud_api: CloudApi) -> None:
    cloud_api.webhooks.collect()
    cloud_api.webhooks.set(verify_token="another")
    with pytest.raises(AssertionError, match=r"refused the verify token \(403\)"):
        cloud_api.webhooks.verify()


@pytest.mark.cloud_api(clock="manual", status_delays=(1, 2, 3), seed=7)
def test_manual_clock_moves_only_by_hand(cloud_api: CloudApi) -> None:
    began = cloud_api.clock.now
    cloud_api.templates.add_login()
    post(cloud_api, login())
    assert cloud_api.outbox.last.status == "accepted"
    assert cloud_api.clock.advance(1) == 1
    assert cloud_api.outbox.last.status == "sent"
    cloud_api.clock.advance(minutes=1)
    assert cloud_api.outbox.last.status == "read"
    cloud_api.clock.advance(timedelta(hours=23))
    assert cloud_api.clock.now - began == timedelta(hours=23, minutes=1, seconds=1)


@pytest.mark.cloud_api(tier="TIER_250")
def test_limits_numbers_and_credentials(cloud_api: CloudApi) -> None:
    cloud_api.limits.enforce()
    assert cloud_api.limits.state["most_people"] == 250
    cloud_api.limits.lift()
    cloud_api.numbers.set(status="FLAGGED")
    cloud_api.templates.add_login()
    assert post(cloud_api, login())[1]["error"]["code"] == 133010
    assert len(cloud_api.numbers) == 1
    assert cloud_api.numbers.add("+1 555-078-3999", "Shop")["verified_name"] == "Shop"
    cloud_api.expire_token()
    assert post(cloud_api, login())[1]["error"]["error_subcode"] == 463
    cloud_api.renew_token("EAAother")
    assert cloud_api.environment()["WHATSAPP_ACCESS_TOKEN"] == "EAAother"


def test_everything_is_carried_over_to_another_sandbox(shop: CloudApi) -> None:
    document = shop.export()
    shop.reset()
    shop.outbox.assert_nothing()
    shop.import_(document)
    assert [message.template for message in shop.outbox] == ["order_update", "login_code"]


class TestWithOptionsOfItsOwn:
    @pytest.fixture
    def cloud_api_options(self) -> dict[str, Any]:
        return {"business_name": "Corner Bakery", "access_token": "EAAbakery"}

    def test_fixture_gives_the_options(self, cloud_api: CloudApi) -> None:
        assert (cloud_api.account["business_name"], cloud_api.access_token) == ("Corner Bakery", "EAAbakery")

    @pytest.mark.cloud_api(access_token="EAAmarked")
    def test_marker_goes_before_it(self, cloud_api: CloudApi) -> None:
        assert (cloud_api.account["business_name"], cloud_api.access_token) == ("Corner Bakery", "EAAmarked")


@pytest.mark.parametrize("number", [1, 2])
def test_every_test_finds_a_sandbox_as_new(cloud_api: CloudApi, number: int) -> None:
    assert not cloud_api.outbox
    assert not list(cloud_api.templates)
    assert (cloud_api.webhooks.url, cloud_api.verify_token) == ("", "sandbox-verify-token")
    cloud_api.templates.add_login()
    post(cloud_api, login())
    cloud_api.webhooks.collect()
    cloud_api.webhooks.set(verify_token="another", app_secret="another")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"colour": 1}, "colour: no such option of the sandbox; there are host, port"),
        ({"clock": "fast"}, "clock: 'fast' is not right: one of live, manual"),
    ],
)
def test_wrong_option_says_what_there_is(option: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words), running(**option):
        raise AssertionError


def test_sandbox_elsewhere_is_driven_the_same_way(cloud_api: CloudApi) -> None:
    elsewhere = connect(cloud_api.url)
    elsewhere.templates.add_login()
    assert [template.name for template in cloud_api.templates] == ["login_code"]
    with pytest.raises(ControlError, match=r"no sandbox answers at http://127\.0\.0\.1:9"):
        connect("http://127.0.0.1:9")


class UnittestTests(unittest.TestCase):
    cloud_api: CloudApi

    @classmethod
    def setUpClass(cls) -> None:
        cls.cloud_api = cls.enterClassContext(running())

    def setUp(self) -> None:
        self.cloud_api.reset()

    def test_code_arrives(self) -> None:
        self.cloud_api.templates.add_login()
        post(self.cloud_api, login())
        self.assertEqual(self.cloud_api.person(TARIRO).inbox.last.code, "482913")
