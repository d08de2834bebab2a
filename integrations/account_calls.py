"""What else is asked of Meta than sending: tokens, numbers, accounts, subscriptions, the past of a message."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from integrations import account_limits
from integrations.exceptions import WhatsAppError
from integrations.services import WhatsAppClient
from integrations.whatsapp import history
from integrations.whatsapp.history import PastStatus
from integrations.whatsapp.lenient import items, mapping, text
from integrations.whatsapp.transport import Answer, Graph

# Meta, Webhooks, Overrides: the longest address.
LONGEST_ADDRESS = 200


class AccountCalls:
    """Calls with one set of credentials. Each raises WhatsAppError, and Misconfigured for unusable settings."""

    def __init__(self, client: WhatsAppClient) -> None:
        self.waba_id = client.waba_id
        self.phone_number_id = client.phone_number_id
        self._token, self._version = client.access_token, client.api_version
        self._secret = client.credentials.app_secret

    def read(self, path: str, fields: str = "", **params: str) -> Answer:
        """GET of one node or edge, with the headers of the answer."""
        return self._ask("GET", path, {**params, **({"fields": fields} if fields else {})})

    def token(self, app_id: str = "") -> Mapping[str, Any]:
        """What `debug_token` says of our token: `app_id`, `is_valid`, `scopes`, `expires_at`, `error`, …

        Asked as the app where its id and secret are known, else by the token itself.
        """
        asking = Graph(f"{app_id}|{self._secret}" if app_id and self._secret else self._token, self._version)
        answer = asking.request("GET", "debug_token", {"input_token": self._token})
        return mapping(answer.body.get("data"))

    def prove_secret(self, path: str) -> None:
        """Read `path` with a proof by the app secret. Meta refuses (code 100) where the secret is another app's."""
        proof = hmac.new(self._secret.encode(), self._token.encode(), hashlib.sha256).hexdigest()
        self._ask("GET", path, {"fields": "id", "appsecret_proof": proof})

    def app_subscriptions(self, app_id: str) -> list[Mapping[str, Any]]:
        """What the app itself is told, by object: `callback_url`, `active`, `fields`. Asked with the app's token."""
        answer = Graph(f"{app_id}|{self._secret}", self._version).request("GET", f"{app_id}/subscriptions")
        return [mapping(one) for one in items(answer.body.get("data"))]

    def subscribed_apps(self) -> list[Mapping[str, Any]]:
        """The apps that hear of the account: `id`, `name`, and `override` where they have an address for it."""
        answer = self._ask("GET", f"{self.waba_id}/subscribed_apps")
        return [_app(mapping(one)) for one in items(answer.body.get("data"))]

    def subscribe(self, override_url: str = "", verify_token: str = "") -> None:
        """Let our app hear of the account, at an address of the account's own when one is given.

        Without one the app's address counts; an earlier one of the account is forgotten at Meta (Meta, Webhooks,
        Overrides). Raises ValueError for an address that Meta does not take.
        """
        if len(override_url) > LONGEST_ADDRESS:
            raise ValueError(f"Meta takes addresses of at most {LONGEST_ADDRESS} characters.")
        body = {"override_callback_uri": override_url, "verify_token": verify_token} if override_url else None
        self._ask("POST", f"{self.waba_id}/subscribed_apps", json=body)

    def message_history(self, phone_number_id: str, wamid: str) -> list[PastStatus]:
        """What became of a message that left from this number; nothing for one that Meta does not know."""
        params = {"message_id": wamid, "fields": history.FIELDS}
        answer = self._ask("GET", f"{phone_number_id}/message_history", params)
        return [one for one in history.past_statuses(answer.body) if one.wamid == wamid]

    def _ask(self, method: str, path: str, params: Mapping[str, str] | None = None, json: Any = None) -> Answer:
        account_limits.await_turn(self.waba_id, registered=bool(self.phone_number_id))
        try:
            answer = Graph(self._token, self._version).request(method, path, params or None, json)
        except WhatsAppError as error:
            account_limits.heed_error(self.waba_id, error)
            raise
        account_limits.heed(self.waba_id, answer.headers)
        return answer


def _app(entry: Mapping[str, Any]) -> dict[str, str]:
    data = mapping(entry.get("whatsapp_business_api_data"))
    override = text(entry.get("override_callback_uri"))
    return {"id": text(data.get("id")), "name": text(data.get("name")), "override": override}
