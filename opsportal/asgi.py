"""What the web server serves. This module is part of the composition root."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "opsportal.settings.dev")
django_asgi = get_asgi_application()  # sets Django up, which the next import needs

from opsportal.portal.application import Application  # noqa: E402  see above

application = Application(django_asgi)
