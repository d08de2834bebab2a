"""One-time codes: asking, sending again, checking, signing in."""

from __future__ import annotations

import hashlib
import logging
import math
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from integrations.phone import InvalidPhoneNumber, mask, to_e164
from notifications.content import Address, TemplateContent
from notifications.secrets import SecretRef
from notifications.services import notify
from tenants.models import Tenant
from tenants.services import default_tenant
from users import conf, otp
from users.exceptions import (
    AlreadyUsed,
    BadPhoneNumber,
    Expired,
    InactiveUser,
    OTPRefusal,
    ResendTooEarly,
    Superseded,
    TooManyRequests,
    TriesExhausted,
    UnknownRequest,
    WrongCode,
)
from users.models import OTPRequest, User

logger = logging.getLogger(__name__)

RESOLVER = "otp"
TEMPLATE = "otp_verification"


def request_code(
    phone_number: str,
    *,
    request_id: str | uuid.UUID | None = None,
    device_token: str = "",
    purpose: str = OTPRequest.Purpose.LOGIN,
    tenant: Tenant | None = None,
    new_id: uuid.UUID | None = None,
) -> OTPRequest:
    """Send a one-time code to a phone (any spelling; without a country code it is read as of the tenant's).

    Without `request_id` it is a new request; it supersedes earlier ones of the same phone and `device_token`,
    and none at all when the token is empty. With `request_id` the same code goes again, its expiry and its
    tries as they are. `new_id` is the id of a new request: a second call with it returns the first one's row.
    The request and its message are written in one transaction, the caller's if there is one.

    Raises BadPhoneNumber, TooManyRequests, and with `request_id` also UnknownRequest, ResendTooEarly,
    AlreadyUsed, Expired, Superseded, TriesExhausted.
    """
    tenant = tenant or default_tenant()
    try:
        phone = to_e164(phone_number, tenant.country)
    except InvalidPhoneNumber as error:
        raise BadPhoneNumber(str(error)) from error
    with transaction.atomic():
        if request_id is not None:
            return _send_again(phone, request_id, purpose, tenant)
        _serialise(phone)
        repeated = OTPRequest.objects.filter(pk=new_id, phone_number=phone).first() if new_id else None
        return repeated or _new_request(phone, device_token, purpose, tenant, new_id or uuid.uuid4())


def verify_code(request_id: str | uuid.UUID, code: str, *, purpose: str = OTPRequest.Purpose.LOGIN) -> OTPRequest:
    """Accept the code of this request, once. A wrong one costs a try, which is committed before the error rises.

    Not to be called inside an open transaction: that could take the try back. Raises WrongCode, UnknownRequest,
    AlreadyUsed, Superseded, Expired, TriesExhausted; RuntimeError inside a transaction.
    """
    with transaction.atomic(durable=True):
        request = _locked(request_id, purpose=purpose)
        refusal = _over(request) or _judge(request, code)
    if refusal:
        raise refusal
    return request


def sign_in(request: OTPRequest) -> User:
    """The person whose phone was proved by a verified request, created when new. Raises InactiveUser."""
    user = User.objects.filter(phone_number=request.phone_number).first()
    if user is None:
        blank = User(phone_number=request.phone_number)
        blank.set_unusable_password()
        user, _ = User.objects.get_or_create(phone_number=request.phone_number, defaults={"password": blank.password})
    if not user.is_active:
        raise InactiveUser
    user.phone_verified_at = request.verified_at
    user.save(update_fields=["phone_verified_at"])
    return user


def verified_user(phone: str, since: datetime | None = None) -> User | None:
    """Who signs in with this number (E.164), is active, and has proved it by a code, after `since` if given."""
    user = User.objects.filter(phone_number=phone, is_active=True).first()
    proved_at = user.phone_verified_at if user else None
    return user if proved_at and (since is None or proved_at > since) else None


def codes(refs: Sequence[str]) -> dict[str, str]:
    """Resolver of `SecretRef("otp", request id)`: the codes of requests that are still open, by request id."""
    ids = [parsed for parsed in map(_uuid, refs) if parsed]
    open_requests = OTPRequest.objects.usable(timezone.now()).filter(pk__in=ids)
    found = {str(request.pk): _code(request) for request in open_requests}
    return {ref: code for ref, code in found.items() if code}


def _new_request(phone: str, device_token: str, purpose: str, tenant: Tenant, request_id: uuid.UUID) -> OTPRequest:
    now = timezone.now()
    _respect_limits(phone, now)
    token_hash = hashlib.sha256(device_token.encode()).hexdigest() if device_token else ""
    if token_hash:
        OTPRequest.objects.usable(now).filter(
            tenant=tenant, phone_number=phone, purpose=purpose, device_token_hash=token_hash
        ).update(superseded_at=now)
    request = OTPRequest.objects.create(
        pk=request_id,
        tenant=tenant,
        phone_number=phone,
        purpose=purpose,
        device_token_hash=token_hash,
        key_fingerprint=otp.fingerprint(conf.keys()[0]),
        created_at=now,
        expires_at=now + timedelta(seconds=settings.OTP_LIFETIME_SECONDS),
        resend_at=now + timedelta(seconds=settings.OTP_RESEND_SECONDS),
    )
    _post(request)
    return request


def _send_again(phone: str, request_id: str | uuid.UUID, purpose: str, tenant: Tenant) -> OTPRequest:
    request = _locked(request_id, phone_number=phone, purpose=purpose, tenant=tenant)
    if refusal := _over(request):
        raise refusal
    now = timezone.now()
    if now < request.resend_at:
        raise ResendTooEarly(_seconds(request.resend_at - now))
    if request.sent_count >= conf.max_sends():
        raise TooManyRequests(_seconds(request.expires_at - now))
    request.resend_at = now + timedelta(seconds=settings.OTP_RESEND_SECONDS)
    request.sent_count += 1
    request.save(update_fields=["resend_at", "sent_count"])
    _post(request)
    return request


def _post(request: OTPRequest) -> None:
    notify(
        "otp_requested",
        tenant=request.tenant,
        to=Address(phone=request.phone_number),
        content=TemplateContent(TEMPLATE, {}),
        secrets={"code": SecretRef(RESOLVER, str(request.pk))},
        lane="otp",
        channels=["WHATSAPP"],
        expires_at=request.expires_at,
        idempotency_key=f"otp:{request.pk}:{request.sent_count}",
    )
    logger.info(
        "One-time code %s for %s queued, message %d", request.pk, mask(request.phone_number), request.sent_count
    )


def _serialise(phone: str) -> None:
    """Let new requests of one phone pass one by one, so that two at once cannot both be the last allowed.

    There is no row to lock before the first request. SQLite's IMMEDIATE transactions are serial anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"otp {phone}"])


def _respect_limits(phone: str, now: datetime) -> None:
    for limit, window in conf.request_limits():
        recent = OTPRequest.objects.filter(phone_number=phone, created_at__gt=now - window)
        times = list(recent.order_by("-created_at").values_list("created_at", flat=True)[:limit])
        if len(times) >= limit:
            raise TooManyRequests(_seconds(times[-1] + window - now) if times else _seconds(window))


def _locked(request_id: str | uuid.UUID, **match: object) -> OTPRequest:
    parsed = _uuid(request_id)
    request = OTPRequest.objects.select_for_update().filter(pk=parsed, **match).first() if parsed else None
    if request is None:
        raise UnknownRequest
    return request


def _over(request: OTPRequest) -> OTPRefusal | None:
    """Why no code of this request is of use any more."""
    if request.verified_at:
        return AlreadyUsed()
    if request.superseded_at:
        return Superseded()
    if request.expires_at <= timezone.now():
        return Expired()
    if request.tries >= settings.OTP_MAX_TRIES:
        return TriesExhausted()
    return None


def _judge(request: OTPRequest, code: str) -> OTPRefusal | None:
    """Burn the request on the right code, count a wrong one."""
    expected = _code(request)
    if not expected:
        return Expired()
    if otp.same(expected, code.strip()):
        request.verified_at = timezone.now()
        request.save(update_fields=["verified_at"])
        return None
    request.tries += 1
    request.save(update_fields=["tries"])
    left = settings.OTP_MAX_TRIES - request.tries
    return WrongCode(left) if left > 0 else TriesExhausted()


def _code(request: OTPRequest) -> str:
    """The code, or nothing when its key was taken out of OTP_SECRET_KEY."""
    key = conf.key_by_fingerprint().get(request.key_fingerprint)
    if key is None:
        return ""
    return otp.code_for(
        key,
        purpose=request.purpose,
        phone_number=request.phone_number,
        request_id=str(request.pk),
        digits=settings.OTP_LENGTH,
    )


def _uuid(value: str | uuid.UUID) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None


def _seconds(delta: timedelta) -> int:
    return max(1, math.ceil(delta.total_seconds()))
