"""The web application."""

import os

from django.core.wsgi import get_wsgi_application

from mlconnector.utf8 import UTF8Request

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mlconnector.settings")
application = get_wsgi_application()
application.request_class = UTF8Request

from tenants.roles import refuse_before_forking  # noqa: E402  (needs the application to be set up)

refuse_before_forking()
