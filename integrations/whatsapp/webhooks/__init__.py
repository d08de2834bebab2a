"""Webhook bodies: is it from Meta, and what does it say. Pure."""

from integrations.whatsapp.lenient import MalformedBody
from integrations.whatsapp.webhooks.events import (
    ChatOpened,
    ContactMoved,
    ErrorReported,
    FromPerson,
    IdentityChanged,
    IncomingMessage,
    MarketingPreference,
    MessageEchoed,
    MessageEdited,
    MessageReacted,
    MessageRevoked,
    MessageStatus,
    UnknownChange,
)
from integrations.whatsapp.webhooks.facts import (
    AccountAlert,
    AccountReview,
    AccountUpdate,
    BusinessCapability,
    NumberName,
    NumberQuality,
    NumberSecurity,
    Restriction,
    TemplateCategory,
    TemplateComponents,
    TemplateQuality,
    TemplateReview,
)
from integrations.whatsapp.webhooks.parsing import FIELDS, parse
from integrations.whatsapp.webhooks.signature import sign, verify_signature, well_formed_signature

#: One of these is what `parse` finds, and what a signal carries.
Event = (
    MessageStatus
    | IncomingMessage
    | MessageEdited
    | MessageRevoked
    | MessageReacted
    | ChatOpened
    | IdentityChanged
    | ContactMoved
    | MessageEchoed
    | MarketingPreference
    | ErrorReported
    | TemplateReview
    | TemplateQuality
    | TemplateCategory
    | TemplateComponents
    | NumberQuality
    | NumberName
    | NumberSecurity
    | AccountUpdate
    | AccountAlert
    | AccountReview
    | BusinessCapability
    | UnknownChange
)

__all__ = (
    "FIELDS",
    "AccountAlert",
    "AccountReview",
    "AccountUpdate",
    "BusinessCapability",
    "ChatOpened",
    "ContactMoved",
    "ErrorReported",
    "Event",
    "FromPerson",
    "IdentityChanged",
    "IncomingMessage",
    "MalformedBody",
    "MarketingPreference",
    "MessageEchoed",
    "MessageEdited",
    "MessageReacted",
    "MessageRevoked",
    "MessageStatus",
    "NumberName",
    "NumberQuality",
    "NumberSecurity",
    "Restriction",
    "TemplateCategory",
    "TemplateComponents",
    "TemplateQuality",
    "TemplateReview",
    "UnknownChange",
    "parse",
    "sign",
    "verify_signature",
    "well_formed_signature",
)
