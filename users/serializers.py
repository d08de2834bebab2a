from __future__ import annotations

from typing import Any

from rest_framework import serializers

from users.models import OTPRequest, User


class CodeRequestSerializer(serializers.Serializer[Any]):
    phone_number = serializers.CharField(max_length=40, help_text="Any spelling; best with + and country code.")
    request_id = serializers.UUIDField(
        required=False, help_text="Send the code of this request again, once its resend_at has passed."
    )
    device_token = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Something only this device knows; a new code then replaces its older ones.",
    )


class OTPRequestSerializer(serializers.ModelSerializer[OTPRequest]):
    request_id = serializers.UUIDField(source="id", read_only=True)

    class Meta:
        model = OTPRequest
        fields = ("request_id", "expires_at", "resend_at")


class CodeVerifySerializer(serializers.Serializer[Any]):
    request_id = serializers.UUIDField()
    code = serializers.RegexField(
        r"^[0-9]{6,9}$", error_messages={"invalid": "The code is the digits of the message, nothing else."}
    )


class PersonSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "phone_number")


class SessionSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="Bearer token for every other call.")
    refresh = serializers.CharField(help_text="For /api/users/token/refresh/.")
    user = PersonSerializer()
