"""Settings, all from the environment. What must not be missing is a system check (checks.py).

Two modes, one code. Embedded, the default, needs no service: SQLite, Celery over files, media in
a folder, all under CREATORHUB_DATA. Production is DATABASE_URL (PostgreSQL), REDIS_URL and,
if wanted, MEDIA_BUCKET. docs/operations.md lists every variable. Importing this file writes
nothing: creatorhub.data_folder makes what it reads.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_stubs_ext
import environ
from csp.constants import NONE, SELF

from creatorhub import data_folder

django_stubs_ext.monkeypatch()  # lets ModelAdmin[Video] and its like be written at run time

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("DEBUG", default=False)
DATA_DIR = data_folder.location()
SECRET_KEY = env.str("SECRET_KEY", default="") or data_folder.kept_secret_key()
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "creatorhub.apps.CreatorHubConfig",
    "operations",
    "accounts",
    "remixer",
    "consent",
    "library",
    "audit",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "creatorhub.apps.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "django_filters",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
    "rest_framework.authtoken",  # its table is empty; accounts has taken the tokens over
    "template_partials",
    "waffle",
]

MIDDLEWARE = [
    "creatorhub.access.AccessLogMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "creatorhub.middleware.ReadableFormMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "creatorhub.middleware.NotStoredMiddleware",
    "creatorhub.middleware.PersonTimeZoneMiddleware",
    "creatorhub.middleware.RefusalMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.FreshSignInMiddleware",
]

ROOT_URLCONF = "creatorhub.urls"
ASGI_APPLICATION = "creatorhub.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["template_partials.templatetags.partials"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "consent.context.consent_bar",
            ],
        },
    },
]

# Database. Everything a service does runs in its own transaction, READ COMMITTED.
_SQLITE_PRAGMAS = """
PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;
PRAGMA foreign_keys=ON; PRAGMA recursive_triggers=ON; PRAGMA cache_size=-65536;
"""
DATABASE_URL = env.str("DATABASE_URL", default="")
DATABASES: dict[str, dict[str, Any]]
if DATABASE_URL:
    DATABASES = {"default": env.db_url_config(DATABASE_URL)}
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    # Compiling a query takes PostgreSQL a quarter of a second, for pages that need a tenth of it.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "db.sqlite3",
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": _SQLITE_PRAGMAS,
            },
        }
    }
DATABASES["default"]["ATOMIC_REQUESTS"] = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The log: where each app declares the actions that it records
AUDIT_VOCABULARIES = ["accounts.events", "library.events", "consent.events", "remixer.events"]
# Its name and its keys (audit.keys). Without them, outside production, they are in the data folder
LOG_ORIGIN = env.str("LOG_ORIGIN", default="")
LOG_KEY = env.str("LOG_KEY", default="")
LOG_KEY_FILE = env.str("LOG_KEY_FILE", default="")
LOG_VERIFIER_KEYS = env.list("LOG_VERIFIER_KEYS", default=[])

REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "KEY_PREFIX": "creatorhub",
            "OPTIONS": {"socket_connect_timeout": 3, "socket_timeout": 3},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    ),
    # The pause must be seen by every process at once, so it is read from the database each time.
    "uncached": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"},
}
WAFFLE_CACHE_NAME = "uncached"
WAFFLE_CREATE_MISSING_SWITCHES = False

# Accounts
AUTH_USER_MODEL = "creatorhub.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "consent:overview"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "accounts.adapter.Adapter"
ACCOUNT_FORMS = {
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "login": "accounts.forms.LoginForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "signup": "accounts.forms.SignupForm",
}
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_NOTIFICATIONS = True
# After so many seconds, what could take an account over asks for a fresh sign-in
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = env.int("FRESH_SIGN_IN_SECONDS", default=300)
EXPORT_DAYS = env.int("EXPORT_DAYS", default=3)  # in which an archive can be downloaded
DELETION_DAYS = env.int("DELETION_DAYS", default=7)  # in which a person may keep the account
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[CreatorHub] "
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_USERNAME_BLACKLIST = ["admin", "creatorhub", "root", "staff", "support", "system"]
# Second factors: an app that makes codes, passkeys, recovery codes. Whether staff must have one
STAFF_SECOND_FACTOR = env.bool("STAFF_SECOND_FACTOR", default=not DEBUG)
MFA_ADAPTER = "accounts.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "CreatorHub"
MFA_TOTP_TOLERANCE = 1  # a phone whose clock is half a minute off
MFA_FORMS = {
    "activate_totp": "accounts.second_factor.ActivateTOTPForm",
    "add_webauthn": "accounts.second_factor.AddWebAuthnForm",
    "authenticate": "accounts.second_factor.AuthenticateForm",
    "edit_webauthn": "accounts.second_factor.EditWebAuthnForm",
    "reauthenticate": "accounts.second_factor.ReauthenticateForm",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "creatorhub.errors.csrf_failure"
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
# Who is told of a security problem: an e-mail address, or the https:// address of a form
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="CreatorHub <no-reply@localhost>")

# Transport and headers. HTTPS is off only with DEBUG, or where INSECURE_HTTP says so.
_HTTPS = not (DEBUG or env.bool("INSECURE_HTTP", default=False))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = _HTTPS
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not _HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# A player is redirected to the bucket by a presigned address, and the policy must let it follow.
MEDIA_BUCKET = env.str("MEDIA_BUCKET", default="")
MEDIA_ENDPOINT_URL = env.str("MEDIA_ENDPOINT_URL", default="")
_BUCKET_ORIGIN = MEDIA_ENDPOINT_URL or f"https://{MEDIA_BUCKET}.s3.amazonaws.com"
MEDIA_ORIGINS = env.list("MEDIA_ORIGINS", default=[_BUCKET_ORIGIN]) if MEDIA_BUCKET else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", *MEDIA_ORIGINS],
        "media-src": [SELF, *MEDIA_ORIGINS],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}

# Language and time
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "creatorhub.formats"

# Static files and media. Media has no public URL: every file goes through a view that checks.
STATIC_URL = "/static/"
STATIC_ROOT = env.path("STATIC_ROOT", default=str(DATA_DIR / "static"))()
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = DEBUG
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_URL = ""
WORK_DIR = DATA_DIR / "work"
STORAGES: dict[str, dict[str, Any]] = {
    "default": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": MEDIA_BUCKET,
                "endpoint_url": MEDIA_ENDPOINT_URL or None,
                "default_acl": "private",
                "querystring_auth": True,
                "file_overwrite": False,
            },
        }
        if MEDIA_BUCKET
        else {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
        }
    ),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}
FILE_UPLOAD_TEMP_DIR = str(DATA_DIR / data_folder.UPLOADS)
FILE_UPLOAD_HANDLERS = [
    "library.uploads.CountingUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
# Outside the database: what was withdrawn, for a database that is restored. See docs/operations.md
WITHDRAWAL_JOURNAL = env.str("WITHDRAWAL_JOURNAL", default=str(DATA_DIR / "withdrawals.journal"))

# Threads of each web process, and how many more for requests that turn something off
WEB_THREADS = env.int("WEB_THREADS", default=12)
WEB_THREADS_FOR_NO = env.int("WEB_THREADS_FOR_NO", default=4)

# How many videos of an edit are written into its draft, and applied, by the request itself; how
# many one transaction of the job applies; after how many seconds another job has its turn
EDIT_MAX_FREEZE_INLINE = env.int("EDIT_MAX_FREEZE_INLINE", default=20_000)
EDIT_MAX_INLINE = env.int("EDIT_MAX_INLINE", default=500)
EDIT_CHUNK_SIZE = env.int("EDIT_CHUNK_SIZE", default=20_000)
EDIT_JOB_TURN = env.float("EDIT_JOB_TURN", default=15.0)

# For how many seconds memes that a creator's own withdrawal hid can come back, by undoing it; 0
# deletes them at once
WITHDRAWN_MEMES_KEPT = env.int("WITHDRAWN_MEMES_KEPT", default=600)

# What a creator may bring, in bytes
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=512 * 1024**2)
QUOTA_BYTES = env.int("QUOTA_BYTES", default=20 * 1024**3)
# How much work it may cause in 24 hours, in pixels times seconds, and how many videos may wait
INGEST_DAILY_BUDGET = env.int("INGEST_DAILY_BUDGET", default=1920 * 1080 * 3 * 3600)
INGEST_MAX_PENDING = env.int("INGEST_MAX_PENDING", default=100)
# A path to another ffmpeg than the one that comes with the product's own packages
FFMPEG_BINARY = env.str("FFMPEG_BINARY", default="")

# Celery: hints about job rows. A lost or doubled message is harmless by design.
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 900,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "retry_on_timeout": True,
        "global_keyprefix": env.str("REDIS_PREFIX", default="creatorhub:"),
    }
else:
    CELERY_BROKER_TRANSPORT = "creatorhub.broker.Transport"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(DATA_DIR / data_folder.MESSAGES),
        "data_folder_out": str(DATA_DIR / data_folder.MESSAGES),
        "control_folder": str(DATA_DIR / data_folder.CONTROL),
        "store_processed": False,
        "polling_interval": 0.1,  # seconds; the default of one would be waited after every hint
    }
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_RESULT_BACKEND = None
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 540
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 1.0 if DEBUG else 30.0
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = True
CELERY_WORKER_MAX_TASKS_PER_CHILD = 50
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "control"
CELERY_TASK_ROUTES = {
    "accounts.export": {"queue": "ingest"},
    "library.ingest": {"queue": "ingest"},
    "library.proxy": {"queue": "ingest"},
    "remixer.render": {"queue": "render"},
}

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "creatorhub.scopes.HasScope",
    ],
    "DEFAULT_PARSER_CLASSES": ["creatorhub.parsers.BoundedJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["creatorhub.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "creatorhub.api.Schema",
    "DEFAULT_VERSIONING_CLASS": None,
    "DEFAULT_METADATA_CLASS": None,  # the schema says what there is; OPTIONS is not allowed
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "anon": env.str("API_RATE_ANON", default="120/min"),
        "user": env.str("API_RATE_USER", default="1200/min"),
        "log": env.str("API_RATE_LOG", default="1200/min"),
        "archive": "10/min",
    },
    "EXCEPTION_HANDLER": "creatorhub.api_errors.api_exception",
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "CreatorHub",
    "DESCRIPTION": "Ask whether a video may be used; manage consent, videos and memes.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {
        "VideoStatus": "library.models.Video.Status",
        "EditStatus": "consent.models.Edit.Status",
        "EditState": "consent.models.Edit.Change",
        "MemeStatus": "remixer.api.memes.STATUSES",
        "UseStatus": "remixer.api.uses.STATUSES",
        "EffectiveState": "consent.api.fields.STATES",
        "ActorKind": "consent.api.fields.KINDS",
        "Reason": "consent.api.fields.REASONS",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "bare": {"format": "{message}", "style": "{"},
    },
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "line"},
        "access": {"class": "logging.StreamHandler", "formatter": "bare"},
    },
    # Django's own handler prints what the root's prints, where DEBUG is on.
    "loggers": {
        "django": {"handlers": []},
        "django.server": {"handlers": [], "propagate": True},
        "creatorhub.access": {
            "handlers": ["access"],
            "level": "INFO" if env.bool("ACCESS_LOG", default=not DEBUG) else "WARNING",
            "propagate": False,
        },
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
}
