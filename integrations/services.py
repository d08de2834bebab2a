"""The face of WhatsApp for the rest of Ovii."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import heyoo
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from integrations import account_limits, conf
from integrations.credentials import Credentials
from integrations.exceptions import Misconfigured, WhatsAppError, WhatsAppNotConfigured
from integrations.models import WhatsAppConfig
from integrations.phone import to_e164
from integrations.whatsapp.listing import pages
from integrations.whatsapp.media_types import check_upload
from integrations.whatsapp.messages import parse_send_response, read_receipt, template_message, text_message
from integrations.whatsapp.transport import Graph, heyoo_client

NUMBER_FIELDS = (
    "id,display_phone_number,verified_name,throughput,quality_rating,status,name_status,"
    "whatsapp_business_manager_messaging_limit"
)
TEMPLATE_FIELDS = "id,name,language,status,category,components,rejected_reason"
WHERE_TO_SET = (
    "Enter it in the admin under WhatsApp Configurations, or set WHATSAPP_PHONE_NUMBER_ID, "
    "WHATSAPP_ACCESS_TOKEN and WHATSAPP_WABA_ID in the environment."
)
_LABELS = {"phone_number_id": "Phone Number ID", "access_token": "Access Token", "waba_id": "WABA ID"}


class WhatsAppClient:
    """Sends messages and manages templates with one set of credentials. Safe for many threads at once.

    Without `credentials` those in force are taken (active row, else environment). The constructor never
    raises: with unusable credentials `client` is None and each call raises WhatsAppNotConfigured. Calls raise
    a WhatsAppError otherwise, and ValueError for what can be seen to be wrong before anything is sent.
    """

    client: heyoo.WhatsApp | None

    def __init__(self, credentials: Credentials | None = None) -> None:
        self._cause: Exception | None = None
        self.credentials = credentials or self._in_force()
        self.waba_id = self.credentials.waba_id
        self.phone_number_id = self.credentials.phone_number_id
        self.access_token = self.credentials.access_token.strip()
        self.api_version = self.credentials.api_version
        self._graph = Graph(self.access_token, self.api_version)
        self.client = self._connect()

    def __repr__(self) -> str:
        return f"<WhatsAppClient {self.credentials!r}>"

    def for_number(self, phone_number_id: str) -> WhatsAppClient:
        """A client with the same credentials that sends from another number of the account."""
        if phone_number_id == self.phone_number_id:
            return self
        return WhatsAppClient(replace(self.credentials, phone_number_id=phone_number_id))

    @property
    def problem(self) -> str:
        """Why nothing can be sent, as a sentence for the operator; empty when it can."""
        return "" if self.client else str(self._refusal())

    def send_text_message(self, phone_number: str, message: str, *, callback_data: str | None = None) -> dict[str, Any]:
        """Send free text, which reaches people who wrote within 24 hours. Returns Meta's answer."""
        return self.send(text_message(to_e164(phone_number), message, callback_data))

    def send_template_message(
        self,
        phone_number: str,
        template_name: str,
        language_code: str = "en_US",
        components: Sequence[Mapping[str, Any]] | None = None,
        *,
        callback_data: str | None = None,
    ) -> dict[str, Any]:
        """Send an approved template; `components` as `format_template_components` makes them."""
        to = to_e164(phone_number)
        return self.send(template_message(to, template_name, language_code, components, callback_data))

    def send(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """Send a built payload. An answer without a message id raises UncertainOutcome."""
        if self.client is None:
            raise self._refusal()
        # heyoo may write a recipient into the dictionary it is given, and nothing into what that holds.
        answer: dict[str, Any] = self.client.send_custom_json(dict(payload))
        parse_send_response(answer)
        return answer

    def mark_read(self, wamid: str, *, typing: bool = False) -> None:
        """Show the person that their message was read, and with `typing` that an answer is coming."""
        if self.client is None:
            raise self._refusal()
        self._graph.request("POST", f"{self.phone_number_id}/messages", json=read_receipt(wamid, typing=typing))

    def upload_media(self, content: bytes, mime_type: str, filename: str = "file") -> str:
        """Give Meta a file to send; its id, good for 30 days. Raises ValueError for what Meta does not take."""
        if self.client is None:
            raise self._refusal()
        fields = {"messaging_product": "whatsapp", "type": mime_type}
        check_upload(mime_type, len(content))
        answer = self._graph.upload(f"{self.phone_number_id}/media", fields, (filename, content, mime_type))
        return str(answer.body.get("id") or "")

    def get_media(self, media_id: str) -> dict[str, Any]:
        """Where a file is (`url`, good for five minutes) and what it is (`mime_type`, `sha256`, `file_size`)."""
        if self.client is None:
            raise self._refusal()
        return self._graph.request("GET", media_id).body

    def create_template(self, template_data: Mapping[str, Any]) -> dict[str, Any]:
        """Submit a template for review. Returns `{"id", "status", "category"}`."""
        return self._manage("POST", "message_templates", creates=True, json=dict(template_data))

    def get_template_status(self, template_name: str, language_code: str = "en_US") -> dict[str, Any] | None:
        """What Meta knows of one template, or None when it has none of that name.

        Without one in `language_code` the first of the name is returned.
        """
        found = list(self.list_templates(template_name))
        return next((one for one in found if one.get("language") == language_code), next(iter(found), None))

    def list_templates(self, name: str | None = None) -> Iterator[dict[str, Any]]:
        """Every template of the account, all pages; only those called exactly `name` when it is given."""
        params: dict[str, Any] = {"fields": TEMPLATE_FIELDS, "limit": 100}
        if name:
            params["name"] = name
        # Meta matches `name` as a part of the name in some versions.
        listed = pages(lambda cursor: self._manage("GET", "message_templates", params={**params, **cursor}))
        return (template for template in listed if name in (None, template.get("name")))

    def list_numbers(self) -> Iterator[dict[str, Any]]:
        """Every sending number of the account, all pages."""
        params = {"fields": NUMBER_FIELDS, "limit": 100}
        return pages(lambda cursor: self._manage("GET", "phone_numbers", params={**params, **cursor}))

    def _manage(self, method: str, edge: str, *, creates: bool = False, **arguments: Any) -> dict[str, Any]:
        missing = tuple(field for field in ("waba_id", "access_token") if not getattr(self, field))
        if missing:
            raise self._refusal(missing)
        account_limits.await_turn(self.waba_id, registered=bool(self.phone_number_id), creates=creates)
        try:
            answer = self._graph.request(method, f"{self.waba_id}/{edge}", **arguments)
        except Misconfigured as problem:
            raise WhatsAppNotConfigured(str(problem)) from problem
        except WhatsAppError as error:
            account_limits.heed_error(self.waba_id, error)
            raise
        account_limits.heed(self.waba_id, answer.headers)
        return answer.body

    def _in_force(self) -> Credentials:
        try:
            return WhatsAppConfig.objects.current_credentials()
        except (ImproperlyConfigured, DatabaseError) as error:
            self._cause = error
            return Credentials()

    def _connect(self) -> heyoo.WhatsApp | None:
        if self._cause is None and self.credentials.complete:
            try:
                self._check_token()
                return heyoo_client(self.access_token, self.phone_number_id, self.api_version)
            except Misconfigured as problem:
                self._cause = problem
        conf.warn_once("credentials", "WhatsApp messages wait: %s", self._refusal())
        return None

    def _check_token(self) -> None:
        if not (self.access_token.isascii() and self.access_token.isprintable()) or " " in self.access_token:
            raise Misconfigured("The access token holds characters that no token has: copy it again.")

    def _refusal(self, missing: tuple[str, ...] | None = None) -> WhatsAppNotConfigured:
        if self._cause:
            refusal = WhatsAppNotConfigured(f"WhatsApp credentials cannot be used: {self._cause}")
            refusal.__cause__ = self._cause
            return refusal
        missing = self.credentials.missing if missing is None else missing
        names = " and ".join(_LABELS[name] for name in missing)
        return WhatsAppNotConfigured(f"WhatsApp has no {names}. {WHERE_TO_SET}", missing)
