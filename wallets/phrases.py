"""What the wallet answers, by language."""

from __future__ import annotations

FALLBACK = "en"

PHRASES: dict[str, dict[str, str]] = {
    "balance": {
        "en": "Your balance:\n{balance}",
        "fr": "Votre solde :\n{balance}",
        "es": "Tu saldo:\n{balance}",
        "sn": "Mari yako:\n{balance}",
    },
    "history": {
        "en": "Your latest transactions:\n{lines}",
        "fr": "Vos dernières transactions :\n{lines}",
        "es": "Tus últimos movimientos:\n{lines}",
        "sn": "Zvawakaita nguva pfupi yapfuura:\n{lines}",
    },
    "no_history": {
        "en": "There are no transactions yet.",
        "fr": "Il n'y a pas encore de transactions.",
        "es": "Todavía no hay movimientos.",
        "sn": "Hapana chati chaitika.",
    },
    "no_wallet": {
        "en": "There is no wallet under this number yet.",
        "fr": "Il n'y a pas encore de portefeuille sous ce numéro.",
        "es": "Todavía no hay ningún monedero con este número.",
        "sn": "Hapana chikwama pasi penhamba iyi.",
    },
    "unverified": {
        "en": "We tell of money only to a number that was verified. Please sign in once in the app with the code that we send you, then ask again.",
        "fr": "Nous ne parlons d'argent qu'à un numéro vérifié. Connectez-vous une fois dans l'application avec le code que nous vous envoyons, puis redemandez.",
        "es": "Solo hablamos de dinero con un número verificado. Entra una vez en la aplicación con el código que te enviamos y vuelve a preguntar.",
        "sn": "Tinotaura nezvemari nenhamba yakasimbiswa chete. Pinda kamwe muapp nekodhi yatinokutumira, wobvunza zvakare.",
    },
}  # fmt: skip


def say(phrase: str, language: str, **values: str) -> str:
    """The phrase in this language, else in English, filled with the values."""
    texts = PHRASES[phrase]
    return texts.get(language, texts[FALLBACK]).format(**values)
