"""What Ovii answers by itself, by language. `{tenant}` is the business's name."""

from __future__ import annotations

FALLBACK = "en"
LANGUAGES = ("en", "fr", "es", "sn")

PHRASES: dict[str, dict[str, str]] = {
    "greeting": {
        "en": "Hello, this is {tenant}. Nobody reads here at once, but some words are answered by themselves. Send HELP to see them.",
        "fr": "Bonjour, ici {tenant}. Personne ne lit ici tout de suite, mais certains mots ont une réponse automatique. Envoyez AIDE pour les voir.",
        "es": "Hola, somos {tenant}. Aquí nadie lee al momento, pero algunas palabras se responden solas. Envía AYUDA para verlas.",
        "sn": "Mhoro, ndi{tenant}. Hapana anoverenga pano pakarepo, asi mamwe mazwi anopindurwa ega. Tumira RUBATSIRO kuti uaone.",
    },
    "help": {
        "en": "You can write or tap: {words}. STOP ends our messages, START brings them back.",
        "fr": "Vous pouvez écrire ou toucher : {words}. STOP arrête nos messages, REPRENDRE les rétablit.",
        "es": "Puedes escribir o tocar: {words}. PARAR detiene nuestros mensajes, EMPEZAR los reanuda.",
        "sn": "Unogona kunyora kana kudzvanya: {words}. STOP inomisa mameseji edu, TANGA inoadzosa.",
    },
    "stopped_marketing": {
        "en": "Done: no more marketing from {tenant}. Messages about your money still come. Send STOP once more to end those too; login codes always come. START undoes it.",
        "fr": "C'est fait : plus de publicité de {tenant}. Les messages sur votre argent continuent. Envoyez encore STOP pour les arrêter aussi ; les codes de connexion arrivent toujours. REPRENDRE annule.",
        "es": "Hecho: no más publicidad de {tenant}. Los mensajes sobre tu dinero siguen. Envía PARAR otra vez para detenerlos también; los códigos de acceso llegan siempre. EMPEZAR lo deshace.",
        "sn": "Zvaitwa: hapasisina zvekushambadza zva{tenant}. Mameseji emari yako anoramba achiuya. Tumira STOP zvakare kuti uamise; makodhi ekupinda anouya nguva dzose. TANGA inodzosa.",
    },
    "stopped_messages": {
        "en": "Done: {tenant} sends you nothing any more but login codes and answers to what you write. Send START to hear of your money again.",
        "fr": "C'est fait : {tenant} ne vous envoie plus que les codes de connexion et les réponses à vos messages. Envoyez REPRENDRE pour recevoir de nouveau les nouvelles de votre argent.",
        "es": "Hecho: {tenant} ya solo te envía códigos de acceso y respuestas a lo que escribes. Envía EMPEZAR para volver a recibir avisos sobre tu dinero.",
        "sn": "Zvaitwa: {tenant} hachakutumiri chinhu kunze kwemakodhi ekupinda nemhinduro dzezvaunonyora. Tumira TANGA kuti unzwe nezvemari yako zvakare.",
    },
    "started": {
        "en": "Welcome back: {tenant} sends you messages again. STOP ends them.",
        "fr": "Bon retour : {tenant} vous envoie de nouveau des messages. STOP les arrête.",
        "es": "Bienvenido de nuevo: {tenant} te envía mensajes otra vez. PARAR los detiene.",
        "sn": "Wadzoka: {tenant} yava kukutumira mameseji zvakare. STOP inoamisa.",
    },
}  # fmt: skip


def say(phrase: str, language: str, **values: str) -> str:
    """The phrase in this language, else in English, filled with the values."""
    texts = PHRASES[phrase]
    return texts.get(language, texts[FALLBACK]).format(**values)
