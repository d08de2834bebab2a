import os

from django.core.asgi import get_asgi_application

from ovii_backend.environment import require_keys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ovii_backend.settings")
application = get_asgi_application()
require_keys()
