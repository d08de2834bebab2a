"""Ovii's own message templates, as data. Texts name their variables; Meta gets them numbered.

Each keeps to Meta's rules, which `integrations.whatsapp.lint` knows: no text begins or ends with a variable and
the words outweigh the variables.
"""

from __future__ import annotations

from dataclasses import dataclass

LANGUAGE = "en_US"
FOOTER = "Ovii, your mobile wallet"
OTP_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Definition:
    """`body` holds `{{variable}}` in the order of sending. An authentication template has Meta's own text."""

    category: str
    body: str
    footer: str = FOOTER


# What the reviewer at Meta sees in place of each variable.
EXAMPLES = {
    "amount": "25.00",
    "amount_with_currency": "USD 25.00",
    "bonus_amount_with_currency": "USD 5.00",
    "code": "482913",
    "currency": "USD",
    "customer_name": "Tariro",
    "merchant_name": "Corner Bakery",
    "new_balance_with_currency": "USD 140.50",
    "reason": "the balance was not sufficient",
    "recipient_name": "Rudo",
    "sender_name": "Tariro",
    "transaction_id": "TX-2048",
    "user_name": "Tariro",
    "verification_level": "Level 2",
}

DEFINITIONS: dict[str, Definition] = {
    "otp_verification": Definition("AUTHENTICATION", "{{code}}"),
    "transaction_received": Definition(
        "UTILITY",
        "You have received {{amount_with_currency}} from {{sender_name}} in your Ovii wallet. "
        "Your new balance is {{new_balance_with_currency}}, and it is ready to use right away. "
        "Please keep the transaction ID {{transaction_id}} for your records, in case you ever need our help.",
    ),
    "transaction_sent": Definition(
        "UTILITY",
        "You have sent {{amount_with_currency}} to {{recipient_name}} from your Ovii wallet, and it has arrived. "
        "Your new balance is {{new_balance_with_currency}} after this transfer. "
        "The transaction ID is {{transaction_id}}. "
        "If you did not make this transfer yourself, please tell our support team at once.",
    ),
    "payment_received": Definition(
        "UTILITY",
        "A payment of {{amount_with_currency}} from {{customer_name}} has reached your Ovii merchant wallet. "
        "Your new balance is {{new_balance_with_currency}}, and it is ready to use right away. "
        "Please note the transaction ID {{transaction_id}} on the receipt that you give to your customer.",
    ),
    "payment_sent": Definition(
        "UTILITY",
        "Your payment of {{amount_with_currency}} to {{merchant_name}} was successful. Thank you for paying with Ovii. "
        "The new balance of your Ovii wallet is {{new_balance_with_currency}}. "
        "Please show the transaction ID {{transaction_id}} to the merchant if they ask you for a proof of payment.",
    ),
    "deposit_confirmed": Definition(
        "UTILITY",
        "Your deposit of {{amount_with_currency}} is now in your Ovii wallet. "
        "Your new balance is {{new_balance_with_currency}}. "
        "Please keep the transaction ID {{transaction_id}} for your records, together with your receipt.",
    ),
    "withdrawal_processed": Definition(
        "UTILITY",
        "Your withdrawal of {{amount_with_currency}} from your Ovii wallet is complete. "
        "Your new balance is {{new_balance_with_currency}}. "
        "The transaction ID is {{transaction_id}}. If you did not make this withdrawal, tell us at once.",
    ),
    "transaction_failed": Definition(
        "UTILITY",
        "Your transfer could not be completed. Amount: {{amount}}, currency: {{currency}}. "
        "Reason: {{reason}}. No money has left your Ovii wallet, so you can safely try again. "
        "Should you need our help, please tell us the transaction ID {{transaction_id}} when you write to us.",
    ),
    "deposit_failed": Definition(
        "UTILITY",
        "Your deposit did not reach your Ovii wallet. Amount: {{amount}}, currency: {{currency}}. "
        "Reason: {{reason}}. Please check with the agent or bank where you paid in before you try again. "
        "For help, have the transaction ID {{transaction_id}} ready when you talk to our support team.",
    ),
    "withdrawal_failed": Definition(
        "UTILITY",
        "Your withdrawal could not be paid out. Amount: {{amount}}, currency: {{currency}}. "
        "Reason: {{reason}}. The money is still in your Ovii wallet and nothing has been deducted. "
        "If you have questions, please quote the transaction ID {{transaction_id}} to our support team.",
    ),
    "kyc_approved": Definition(
        "UTILITY",
        "Your identity documents have been checked and approved. Your Ovii account now has the verification "
        "level {{verification_level}}, and its new limits apply from today.",
    ),
    "kyc_rejected": Definition(
        "UTILITY",
        "We could not approve the identity documents that you sent to Ovii. "
        "Reason: {{reason}}. Please open the app, correct this and send them to us once more.",
    ),
    "referral_bonus_credited": Definition(
        "UTILITY",
        "Someone you referred has joined Ovii, and your referral bonus of {{bonus_amount_with_currency}} has "
        "been credited to your wallet. Your new balance is {{new_balance_with_currency}}, ready to use right away.",
    ),
    "welcome_message": Definition(
        "MARKETING",
        "Welcome to Ovii, {{user_name}}! Your wallet is ready: send money to family and friends, pay in shops and "
        "keep an eye on your balance, all from your phone. We are glad that you are here.",
    ),
}
