"""Statuses on the shelf by whose message they speak of: ours, another installation's, or an unknown app's."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Case, CharField, Count, F, QuerySet, Value, When
from django.db.models.functions import Left, StrIndex

from notifications.models import ShelvedStatus

#: Callback data that is none of an installation's.
FOREIGN = "?"


def with_owner(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows with `owner`: an installation's id, empty without callback data, FOREIGN where it is no token's."""
    owner = Case(
        When(callback_data="", then=Value("")),
        When(colon__lte=1, then=Value(FOREIGN)),
        default=Left("callback_data", F("colon") - 1),
        output_field=CharField(),
    )
    return rows.annotate(colon=StrIndex("callback_data", Value(":"))).annotate(owner=owner)


def shelf_by_owner() -> dict[str, int]:
    """How many statuses wait on the shelf, by owner, the most first."""
    rows = with_owner(ShelvedStatus.objects.all()).order_by().values_list("owner").annotate(count=Count("pk"))
    return dict(rows.order_by("-count", "owner"))


def whose(callback_data: str) -> str:
    """The same of one status, in words."""
    installation, colon, _token = callback_data.partition(":")
    if not callback_data:
        return label("")
    return label(installation if colon and installation else FOREIGN)


def label(owner: str) -> str:
    if owner == settings.INSTALLATION_ID:
        return "Ours, not known yet or any more"
    if owner == FOREIGN:
        return "Another application's"
    return f"Installation {owner}" if owner else "Sent elsewhere, without our mark"
