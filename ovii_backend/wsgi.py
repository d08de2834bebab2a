import os

from django.core.wsgi import get_wsgi_application

from ovii_backend.environment import require_keys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ovii_backend.settings")
application = get_wsgi_application()
require_keys()
