"""`notification_changed(sender, ids)`: these messages have another status now; sent after the commit."""

from django.dispatch import Signal

notification_changed = Signal()
