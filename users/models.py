from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from integrations.phone import to_e164


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


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The phone number is the login."""

    phone_number = models.CharField(max_length=16, unique=True, help_text="E.164, such as +263771234567.")
    first_name = models.CharField(max_length=80, blank=True)
    last_name = models.CharField(max_length=80, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(
        max_length=10, blank=True, help_text="Template language; empty: the tenant's."
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("Staff", default=False, help_text="May enter the admin.")
    date_joined = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "phone_number"
    REQUIRED_FIELDS: list[str] = []

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
