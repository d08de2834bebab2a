"""What is held about a person here, told and erased when notifications ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from notifications.archive import plain
from notifications.erasing import forget_log_entries
from notifications.people import Person
from notifications.pseudonyms import is_pseudonym, pseudonym
from notifications.signals import person_erased, person_exported, retention_passed
from tenants.models import Tenant
from users.models import OTPRequest, User

# How a request's code was made is no fact about the person.
_INTERNAL = ("device_token_hash", "key_fingerprint")
CHUNK = 500


def tell(person: Person, **_: Any) -> dict[str, Any]:
    """Account and one-time code requests; passwords and codes are in no answer."""
    requests = OTPRequest.objects.filter(phone_number=person.phone).order_by("created_at")
    return {
        "users": [_user(user) for user in _users(person)],
        "one_time_code_requests": [
            {name: value for name, value in plain(one).items() if name not in _INTERNAL} for one in requests
        ],
    }


def erase(person: Person, **_: Any) -> dict[str, int]:
    """Accounts stay as rows, for the ledger points at them, under a pseudonym of their own and locked."""
    users = [user for user in _users(person) if not is_pseudonym(user.phone_number)]
    for user in users:
        # Somebody may come back with the number and go again: two accounts, two names.
        user.phone_number = pseudonym("user", f"{user.phone_number} {user.pk}")
        user.first_name = user.last_name = user.email = user.language = ""
        user.is_active = user.is_staff = user.is_superuser = False
        user.set_unusable_password()
        user.save()
        user.groups.clear()
        user.user_permissions.clear()
    forget_log_entries(User, [user.pk for user in users])
    requests = OTPRequest.objects.filter(phone_number=person.phone)
    return {"users": len(users), "one_time_code_requests": requests.update(phone_number=person.pseudonym)}


def forget_old(tenant: Tenant, before: datetime, **_: Any) -> dict[str, int]:
    """One-time code requests of before this moment lose their number, some hundred in each run."""
    rows = OTPRequest.objects.filter(tenant=tenant, created_at__lt=before, phone_number__startswith="+")
    changed = list(rows.order_by("created_at")[:CHUNK])
    for request in changed:
        request.phone_number = pseudonym("phone", request.phone_number)
    OTPRequest.objects.bulk_update(changed, ["phone_number"], batch_size=100)
    return {"one_time_code_requests": len(changed)}


def connect() -> None:
    person_exported.connect(tell, dispatch_uid="tell of users")
    person_erased.connect(erase, dispatch_uid="erase users")
    retention_passed.connect(forget_old, dispatch_uid="forget numbers of old code requests")


def _users(person: Person) -> list[User]:
    return list(User.objects.filter(pk__in=person.user_ids).order_by("pk"))


def _user(user: User) -> dict[str, Any]:
    names = ("id", "phone_number", "first_name", "last_name", "email", "language", "is_active", "is_staff")
    return {name: getattr(user, name) for name in (*names, "date_joined", "last_login")}
