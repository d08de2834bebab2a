from __future__ import annotations

from notifications.channels.base import Channel
from notifications.channels.whatsapp import WhatsAppChannel
from notifications.models import Notification

CHANNELS: dict[str, Channel] = {Notification.Channel.WHATSAPP: WhatsAppChannel()}
