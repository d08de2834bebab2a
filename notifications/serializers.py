from __future__ import annotations

from rest_framework import serializers

from notifications.models import DeliveryAttempt, DeliveryEvent, Notification


class EventSerializer(serializers.ModelSerializer):
    class Meta:
        model = DeliveryEvent
        fields = ("source", "kind", "at", "details")


class AttemptSerializer(serializers.ModelSerializer):
    events = EventSerializer(many=True)

    class Meta:
        model = DeliveryAttempt
        fields = (
            "number", "channel", "sender", "token", "wamid", "state", "hold", "reason", "error", "due_at",
            "departed_at", "sent_at", "delivered_at", "read_at", "failed_at", "events",
        )  # fmt: skip


class NotificationSerializer(serializers.ModelSerializer):
    tenant: serializers.SlugRelatedField = serializers.SlugRelatedField(slug_field="slug", read_only=True)

    class Meta:
        model = Notification
        fields = (
            "id", "tenant", "event", "lane", "channel", "message_type", "recipient_phone", "template_name",
            "template_language", "status", "error_code", "error_message", "whatsapp_message_id", "resent_unproven",
            "created_at", "expires_at", "sent_at", "delivered_at", "read_at", "failed_at",
        )  # fmt: skip


class StorySerializer(NotificationSerializer):
    attempts = AttemptSerializer(many=True)

    class Meta:
        model = Notification
        fields = (*NotificationSerializer.Meta.fields, "template_parameters", "attempts")
