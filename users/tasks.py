from __future__ import annotations

import logging
import uuid
from typing import Any

from celery import Task, shared_task
from celery.result import AsyncResult
from django.conf import settings

from integrations.phone import mask
from users.exceptions import Refusal
from users.services import request_code

logger = logging.getLogger(__name__)


class _CodeTask(Task):
    """A task whose id is the request id, so that the caller knows it although no result is stored."""

    def apply_async(
        self,
        args: tuple[Any, ...] | None = None,
        kwargs: dict[str, Any] | None = None,
        task_id: str | None = None,
        *rest: Any,
        **options: Any,
    ) -> AsyncResult[Any]:
        existing = (kwargs or {}).get("request_id") or (args[1] if args and len(args) > 1 else None)
        options.setdefault("queue", "otp")
        options.setdefault("argsrepr", "(…)")
        options.setdefault("kwargsrepr", "{…}")
        # A code that is asked for later than it lives is of no use to anybody.
        options.setdefault("expires", settings.OTP_LIFETIME_SECONDS)
        own_id = str(existing or task_id or uuid.uuid4())
        return super().apply_async(args, kwargs, own_id, *rest, **options)


@shared_task(bind=True, base=_CodeTask, name="users.tasks.generate_and_log_otp")
def generate_and_log_otp(self: _CodeTask, phone_number: str, request_id: str | None = None) -> str | None:
    """Send a one-time code; `str(generate_and_log_otp.delay("+263771234567"))` is the request id.

    With `request_id` the code of that request goes again. The name is historic: no code is logged. Running
    twice sends once. A refusal is logged with its reason and ends the task.
    """
    new_id = uuid.UUID(self.request.id) if self.request.id and not request_id else None
    try:
        return str(request_code(phone_number, request_id=request_id, new_id=new_id).pk)
    except Refusal as refusal:
        # Not its sentence: that may quote the number.
        logger.warning("No one-time code sent to %s: %s", mask(phone_number), refusal.code)
        return None
