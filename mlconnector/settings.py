"""Settings, from the environment alone (`environment.py`); a bad or missing value stops the start with a sentence."""

from pathlib import Path
from urllib.parse import urlsplit

from celery.schedules import crontab
from csp.constants import NONE, SELF

from mlconnector.environment import Environment

BASE_DIR = Path(__file__).resolve().parent.parent

_env = Environment()
_app_database = _env.database("DATABASE_URL", "the database, signed in as ml_app")
_owner_database = _env.database("DATABASE_OWNER_URL", "the same database, signed in as ml_owner, which migrates")
REDIS_URL = _env.redis("REDIS_URL")
SECRET_KEY = _env.secret("SECRET_KEY")
CREDENTIAL_KEYS = _env.keys("CREDENTIAL_KEYS")
PUBLIC_URL = _env.origin("PUBLIC_URL")
EGRESS_ALLOWED_HOSTS = _env.names("EGRESS_ALLOWED_HOSTS")
EGRESS_ALLOW_PRIVATE = _env.flag("EGRESS_ALLOW_PRIVATE")
AUDIT_ANCHOR_PATH = _env.folder("AUDIT_ANCHOR_PATH")
_email = _env.email("EMAIL_URL")
REQUEST_DEADLINE = _env.number("REQUEST_DEADLINE", 60)  # seconds, in total, for one request to a vendor
_pool_size = _env.number("DATABASE_POOL_SIZE", 8)
_proxies = _env.number("TRUSTED_PROXIES", 1)
API_PER_MINUTE = _env.number("API_PER_MINUTE", 1200)  # requests of one API key or session
_env.finish()

_public = urlsplit(PUBLIC_URL)
_secure = _public.scheme == "https"

DEBUG = False
ALLOWED_HOSTS = [_public.hostname] if _public.hostname not in {"localhost", "127.0.0.1"} else ["localhost", "127.0.0.1"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
ROOT_URLCONF = "mlconnector.urls"
WSGI_APPLICATION = "mlconnector.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_structlog",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "tenants",
    "audit",
    "integrations",
    "import_export",  # after ours: it has a command `export` of its own
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "integrations.api.door.Door",  # early: events need nothing of what follows, and there are many
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "mlconnector.utf8.utf8_only",
    "django_htmx.middleware.HtmxMiddleware",
    "tenants.web.middleware.TenantMiddleware",  # last: it opens the scope round the view and its rendering
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "integrations.web.shell.shell",
            ],
            "builtins": ["integrations.web.tags"],
        },
    }
]

# --- Database: `default` is the application (ml_app); `owner` migrates and serves tests, nothing else ---------------

_options = {"connect_timeout": 5, "application_name": "ml-connector"}
DATABASES = {
    "default": _app_database
    | {
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,  # else each session that a restart of the database ended costs somebody an error
        "OPTIONS": _options
        | {
            "options": "-c statement_timeout=60s",  # of one statement; nothing we ask takes a second
            # Senders of events wait ten seconds; and a pool that has waited longer and longer for a database that was
            # away would stay away itself, for minutes, when it is back.
            "pool": {"min_size": 0, "max_size": _pool_size, "timeout": 5, "reconnect_timeout": 1},
        },
        "TEST": {"MIRROR": "owner"},
    },
    "owner": _owner_database
    | {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 0, "OPTIONS": _options, "TEST": {"DEPENDENCIES": []}},
}
DATABASE_ROUTERS = ["tenants.routers.OwnerMigrates"]

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "ml-cache",
    }
}

# --- Sign-in (https://docs.allauth.org/) -----------------------------------------------------------------------------

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "tenants.passwords.MaximumLength"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "tenants.web.adapter.AccountAdapter"
ACCOUNT_FORMS = {"signup": "tenants.web.forms.SignupForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[ml-connector] "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _public.scheme
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    # A key is an address and an account together: a stranger cannot lock the owner out.
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "confirm_email": "1/m/key",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "ml-connector"
MFA_ADAPTER = "tenants.web.adapter.SecondFactorAdapter"

EMAIL_BACKEND = "tenants.mail.QueuedEmail"
DELIVERY_EMAIL = _email  # the real backend's settings: the worker sends with these
DEFAULT_FROM_EMAIL = _env.text("EMAIL_FROM", default=f"ml-connector <no-reply@{_public.hostname}>")

# --- Browser (invariants S8; https://docs.djangoproject.com/en/5.2/howto/deployment/checklist/) ----------------------

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _secure
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_NAME = "__Host-ml_session" if _secure else "ml_session"
CSRF_COOKIE_NAME = "__Host-ml_csrf" if _secure else "ml_csrf"
SECURE_SSL_REDIRECT = _secure
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _secure else None
SECURE_HSTS_SECONDS = 365 * 86400 if _secure else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _secure
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # the second factor's QR code
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
ALLAUTH_TRUSTED_PROXY_COUNT = _proxies if _secure else 0

# --- Words, time, files ----------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / ".dev" / "static"
STATICFILES_DIRS = [folder for folder in [BASE_DIR / "static"] if folder.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MANIFEST_STRICT = False

# --- Tasks (https://docs.celeryq.dev/en/stable/userguide/configuration.html) ------------------------------------------

CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "global_keyprefix": "ml-celery:",
    "socket_keepalive": True,
    "health_check_interval": 10,
    # Looked at often, so that a killed worker's task comes back in seconds, not minutes.
    "unacked_restore_throttle": 1,
    "unacked_restore_interval": 2,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 600  # below the visibility timeout: a task is never given out again while it runs
CELERY_TASK_SOFT_TIME_LIMIT = 570
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_TIMEZONE = "UTC"
# A handful of static entries; what is due is a matter of rows.
CELERY_BEAT_SCHEDULER = "mlconnector.clock:Clock"
CELERY_BEAT_SCHEDULE = {
    # a message that nobody took in time is worthless: the next one says the same
    "dispatch": {"task": "integrations.tasks.dispatch_due", "schedule": 1.0, "options": {"expires": 5}},
    # what three lanes send meanwhile is less than the share of an hour that workers leave unused
    "limits": {"task": "integrations.tasks.remember_limits", "schedule": 10.0, "options": {"expires": 10}},
    "hooks": {"task": "integrations.tasks.look_after_hooks", "schedule": 60.0, "options": {"expires": 60}},
    "emails": {"task": "tenants.tasks.deliver_waiting_emails", "schedule": 60.0},
    "alerts": {"task": "integrations.tasks.watch", "schedule": 60.0, "options": {"expires": 60}},
    "reconciliation": {"task": "integrations.tasks.reconcile", "schedule": 900.0, "options": {"expires": 900}},
    "anchors": {"task": "audit.tasks.anchor_heads", "schedule": crontab(hour=3, minute=0)},
}

# --- API -------------------------------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "integrations.api.parsing.Negotiation",
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "NUM_PROXIES": _proxies if _secure else 0,
    "UNAUTHENTICATED_USER": None,
}
API_STRANGERS = 120  # requests a minute from one address without a key or session that opens something
SPECTACULAR_SETTINGS = {
    "TITLE": "ml-connector",
    "VERSION": "1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": {
        "RecordState": "integrations.models.OutboxItem.State",
        "ReconciliationState": "integrations.engine.agreement.STATE_CHOICES",
        "ReconciliationPart": "integrations.engine.agreement.PART_CHOICES",
        "SettlementState": "integrations.models.Settlement.State",
        "ConnectionStatus": "integrations.models.Connection.Status",
        "RunStatus": "integrations.models.SyncRun.Status",
        "PlanStatus": "integrations.models.Plan.Status",
        "ReviewStatus": "integrations.models.ReviewItem.Status",
        "ChangeStatus": "integrations.models.SettingChange.Status",  # an answer's words are the same
    },
}

# --- Logs: one JSON line per event, secrets masked --------------------------------------------------------------------

LOGGING_CONFIG = "mlconnector.logs.configure"
LOGGING = {"level": _env.text("LOG_LEVEL", default="INFO")}
