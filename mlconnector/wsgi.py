"""The web application."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlconnector.settings")
application = get_wsgi_application()

from tenants.roles import refuse_before_forking  # noqa: E402  (needs the application to be set up)

refuse_before_forking()
