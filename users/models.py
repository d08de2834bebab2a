from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from integrations.phone import InvalidPhoneNumber, mask, to_e164
from tenants.models import Tenant


class UserManager(BaseUserManager["User"]):
    def create_user(self, phone_number: str, password: str | None = None, **fields: Any) -> User:
        """A person known by an E.164 phone number; without a password they sign in by code alone.

        Raises InvalidPhoneNumber.
        """
        user = self.model(phone_number=to_e164(phone_number), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, phone_number: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(phone_number, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        """Sign-in by password: the number in any spelling that names its country."""
        try:
            return self.get(phone_number=to_e164(username or ""))
        except InvalidPhoneNumber as error:
            raise self.model.DoesNotExist(str(error)) from error


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The phone number is the login."""

    phone_number = models.CharField(max_length=16, unique=True, help_text="E.164, such as +263771234567.")
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True, help_text="Template language; empty: the tenant's.")
    phone_verified_at = models.DateTimeField(
        null=True, blank=True, help_text="A one-time code last proved then that the number is theirs."
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("Staff", default=False, help_text="May enter the admin.")
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "phone_number"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"
        ordering = ("phone_number",)

    def __str__(self) -> str:
        return self.get_full_name() or self.phone_number

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name or self.phone_number


class OTPRequestQuerySet(models.QuerySet["OTPRequest"]):
    def usable(self, now: datetime) -> OTPRequestQuerySet:
        """Those whose code would be accepted."""
        return self.filter(verified_at=None, superseded_at=None, expires_at__gt=now, tries__lt=settings.OTP_MAX_TRIES)


class OTPRequest(models.Model):
    """Somebody asked for a one-time code. The code is in no column: it is recomputed from these."""

    class Purpose(models.TextChoices):
        LOGIN = "login", "Login"

    id = models.UUIDField("Request ID", primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+")
    phone_number = models.CharField(max_length=16, help_text="E.164")
    purpose = models.CharField(max_length=16, choices=Purpose, default=Purpose.LOGIN)
    device_token_hash = models.CharField(max_length=64, blank=True)
    key_fingerprint = models.CharField(max_length=16, help_text="Which OTP_SECRET_KEY made the code.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    resend_at = models.DateTimeField(help_text="The same code may go again from here.")
    tries = models.PositiveSmallIntegerField("Wrong tries", default=0)
    sent_count = models.PositiveSmallIntegerField("Messages", default=1)
    verified_at = models.DateTimeField(null=True, blank=True)
    superseded_at = models.DateTimeField(null=True, blank=True)

    objects = OTPRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "one-time code request"
        ordering = ("-created_at",)
        # The limits per phone, and what a new request supersedes.
        indexes = (models.Index(fields=("phone_number", "-created_at"), name="otp_request_phone"),)

    def __str__(self) -> str:
        return f"{mask(self.phone_number)} {self.created_at:%Y-%m-%d %H:%M:%S}"


class ServiceKey(models.Model):
    """What another system signs its calls with. Only a hash of the secret is kept."""

    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="service_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16, unique=True, help_text="The part before the dot.")
    secret_hash = models.CharField(max_length=64)
    scopes = models.JSONField(default=list, help_text='Such as ["wallet:cash"].')
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True, help_text="To the minute.")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix})"
