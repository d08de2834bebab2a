"""Facts from Meta, sent upward inside the drain's transaction, each with `events`: a sequence of typed events.

The types are those of `integrations.whatsapp.webhooks`. A receiver that raises makes the drain try the events
again, one by one. Where a fact concerns rows of this layer, they have been brought up to date before, and facts that
are older than what the rows know are left out.
"""

from django.dispatch import Signal

#: MessageStatus.
message_status_changed = Signal()
#: IncomingMessage: what people wrote or tapped, `unsupported` and `order` included.
message_received = Signal()
#: MessageEdited, MessageRevoked, MessageReacted: what people did to an earlier message.
message_edited = Signal()
message_revoked = Signal()
message_reacted = Signal()
#: ChatOpened: somebody opened the chat and wrote nothing yet.
chat_opened = Signal()
#: MessageEchoed: somebody of ours wrote from the Business app.
message_echoed = Signal()
#: ContactMoved: a person has another number or another business-scoped id.
contact_moved = Signal()
#: IdentityChanged: a person's keys changed.
identity_changed = Signal()
#: MarketingPreference.
marketing_preference_changed = Signal()
#: ErrorReported: of a number, of no message.
error_reported = Signal()
#: TemplateReview. Also sent by whoever read the templates from Meta.
template_status_changed = Signal()
#: TemplateQuality, TemplateCategory, TemplateComponents.
template_changed = Signal()
#: NumberQuality, NumberName, NumberSecurity.
number_reported = Signal()
#: AccountUpdate, AccountAlert, AccountReview, BusinessCapability.
account_reported = Signal()
#: `number_sync.NumberChange`. Sent by whoever wrote a number's row, in the transaction that wrote it.
phone_number_changed = Signal()
