"""All settings, from the environment (docs/settings.md lists every variable). Signing in has a file of its own."""

import importlib.util
import secrets
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from csp.constants import NONCE, NONE, SELF  # noqa: F401  (NONCE is kept for templates)

from readerstudy.accounts import oidc
from readerstudy.env import BadSetting, envbool, envint, envlist, envpath, envsecret, envstr
from readerstudy.settings_sign_in import *  # noqa: F403

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = envpath("DATA_DIR", BASE_DIR / "var")
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DEBUG = envbool("DEBUG", False)
# Demo mode signs anybody in with one click; the system check readerstudy.E001 refuses it when DEBUG is off.
DEMO = envbool("DEMO", False)
HOST = envstr("HOST", "127.0.0.1")
PORT = envint("PORT", 8000)
SITE_URL = envstr("SITE_URL", f"http://{HOST}:{PORT}")
ALLOWED_HOSTS = envlist("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]", HOST])
CSRF_TRUSTED_ORIGINS = envlist("CSRF_TRUSTED_ORIGINS", [SITE_URL] if "://" in SITE_URL else [])


def _secret_key() -> str:
    """The given key, or one made on first use and kept beside the data, readable by its owner only."""
    if key := envsecret("SECRET_KEY"):
        return key
    file = DATA_DIR / "secret_key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text().strip()


SECRET_KEY = _secret_key()

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django.contrib.admin",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    # Its tables are always there, so that the hospital's own sign-in can be switched on without a migration.
    "allauth.socialaccount",
    "axes",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "readerstudy.accounts",
    "readerstudy.audit",
    "readerstudy.operations",
    "readerstudy.studies",
    "readerstudy.reading",
    "training",
    "screening",
]
if oidc.is_installed():
    INSTALLED_APPS.append("allauth.socialaccount.providers.openid_connect")

MIDDLEWARE = [
    "readerstudy.tracing.Tracing",
    "readerstudy.trouble.Answering",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "readerstudy.accounts.private.Private",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "readerstudy.accounts.language.AccountLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "readerstudy.accounts.idle.IdleLimit",
    "readerstudy.accounts.required.SecondFactorRequired",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "readerstudy.urls"
WSGI_APPLICATION = "readerstudy.wsgi.application"

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
                "readerstudy.accounts.context.site",
                "readerstudy.languages.page",
            ],
            "builtins": ["readerstudy.dates"],
        },
    }
]


def _database() -> dict[str, Any]:
    """PostgreSQL from DATABASE_URL, else SQLite under DATA_DIR.

    SQLite runs with a write-ahead log and takes its write lock at BEGIN, so that concurrent readers of a study never
    meet "database is locked"; for the same reason ATOMIC_REQUESTS stays off.
    """
    url = envsecret("DATABASE_URL")
    if not url:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "readerstudy.sqlite3",
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
            },
            "TEST": {"NAME": str(DATA_DIR / "test.sqlite3")},
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise BadSetting(f"DATABASE_URL begins with {parts.scheme!r}: only postgresql:// is supported.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MFA_TOTP_ISSUER = f"readerstudy {urlsplit(SITE_URL).hostname or ''}".strip()
# After so many minutes without anybody doing anything a session ends; a page warns beforehand. 0: only with the cookie.
SESSION_IDLE_S = 60 * envint("SESSION_IDLE_MINUTES", 30)
SESSION_WARN_S = 120
SESSION_COOKIE_AGE = max(12 * 60 * 60, SESSION_IDLE_S)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

HTTPS = envbool("HTTPS", SITE_URL.startswith("https://"))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# Browsers' preload lists take public domains by hand; a hospital's inner host is none.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if envbool("BEHIND_PROXY", False) else None
# Nothing is told to other sites. "no-referrer" would also blank the Origin of our own forms, and refuse them all.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"

# plotly writes one empty <style> element and inline style attributes; blob: and data: serve faces and PNG downloads.
EMPTY_STYLE = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF, EMPTY_STYLE],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# One for all web processes: a one-time code is good once, and wrong ones are counted.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    }
}

# Not LANGUAGE, which many a shell has set for the messages of its programs.
LANGUAGE_CODE = envstr("SITE_LANGUAGE", "en")
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
if LANGUAGE_CODE not in dict(LANGUAGES):
    raise BadSetting(f"SITE_LANGUAGE is {LANGUAGE_CODE!r}: write {' or '.join(dict(LANGUAGES))}.")
LOCALE_PATHS = [BASE_DIR / "readerstudy" / "locale"]  # one catalogue for all three packages and the templates
FORMAT_MODULE_PATH = ["readerstudy.formats"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 60 * 60
LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = envstr("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = envpath("STATIC_ROOT", DATA_DIR / "static")
_plotly = importlib.util.find_spec("plotly")
if _plotly is None or not _plotly.submodule_search_locations:
    raise BadSetting("The package plotly is not installed: run `make setup`.")
STATICFILES_DIRS = [
    BASE_DIR / "static",
    # plotly.min.js comes out of the installed wheel, so figure and library never differ in version.
    ("plotly", Path(_plotly.submodule_search_locations[0]) / "package_data"),
]
# Without `collectstatic` the files are served from where they lie.
WHITENOISE_USE_FINDERS = DEBUG or not STATIC_ROOT.exists()
warnings.filterwarnings("ignore", "No directory at", UserWarning)

MEDIA_ROOT = DATA_DIR / "media"  # never under a public URL: views authorise each file
MEDIA_URL = "/no-public-media/"
PHOTO_KEYS_FILE = envstr("PHOTO_KEYS_FILE")  # photographs are sealed with its first key


def _photographs() -> dict[str, Any]:
    """Photographs in MEDIA_ROOT, or in the S3-compatible bucket that S3_BUCKET names."""
    if not (bucket := envstr("S3_BUCKET")):
        return {"BACKEND": "readerstudy.sealed_stores.SealedFolder"}
    if importlib.util.find_spec("storages") is None or importlib.util.find_spec("boto3") is None:
        raise BadSetting("S3_BUCKET is set, but the packages for it are not installed: pip install 'readerstudy[s3]'.")
    options = {
        "bucket_name": bucket,
        "endpoint_url": envstr("S3_ENDPOINT") or None,
        "region_name": envstr("S3_REGION") or None,
        "location": envstr("S3_PREFIX"),
        "access_key": envsecret("S3_ACCESS_KEY") or None,
        "secret_key": envsecret("S3_SECRET_KEY") or None,
        "verify": envstr("S3_CA_BUNDLE") or None,
    }
    return {"BACKEND": "readerstudy.sealed_bucket.SealedBucket", "OPTIONS": options}


STORAGES = {
    "default": _photographs(),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
FILE_UPLOAD_TEMP_DIR = None
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
UPLOAD_MAX_MB = envint("UPLOAD_MAX_MB", 4096)

# How long a link to a file of a study opens it, and whether once only.
LINK_HOURS = envint("LINK_HOURS", 24)
if not 1 <= LINK_HOURS <= 24 * 30:
    raise BadSetting(f"LINK_HOURS is {LINK_HOURS}: write 1 to 720.")
LINK_ONCE = envbool("LINK_ONCE", False)

# How long the log of who saw which face is kept; the database itself refuses anything below half a year.
FACE_VIEW_DAYS = envint("FACE_VIEW_DAYS", 1096)
if FACE_VIEW_DAYS < 183:
    raise BadSetting(f"FACE_VIEW_DAYS is {FACE_VIEW_DAYS}: the log is kept for 183 days at least.")

BACKUP_RECIPIENT = envstr("BACKUP_RECIPIENT")

EMAIL_BACKEND = envstr("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = DATA_DIR / "outbox"
EMAIL_HOST = envstr("EMAIL_HOST", "localhost")
EMAIL_PORT = envint("EMAIL_PORT", 25)
EMAIL_HOST_USER = envstr("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = envsecret("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = envbool("EMAIL_USE_TLS", False)
DEFAULT_FROM_EMAIL = envstr("DEFAULT_FROM_EMAIL", "readerstudy@localhost")

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        # The first one's word answers the anonymous: 401, as scripts expect.
        "readerstudy.accounts.keys.KeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "readerstudy.accounts.keys.KeyMay",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "readerstudy",
    "DESCRIPTION": "Reader studies: ten seconds a face, a model on the same faces, one ROC figure.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    # Names for choices that several resources call alike: a generated name would change with the next of them.
    "ENUM_NAME_OVERRIDES": {
        "ImportStatusEnum": "readerstudy.studies.models.ImportBatch.Status",
        "StudyStatusEnum": "readerstudy.studies.models.Study.Status",
        "CohortKindEnum": "readerstudy.studies.models.Cohort.Kind",
        "PhotoStatusEnum": "readerstudy.studies.models.Photo.Status",
        "InvitationRoleEnum": "readerstudy.studies.models.Invitation.Role",
        "MemberRoleEnum": "readerstudy.studies.models.Membership.Role",
        "RunKindEnum": "training.models.Kind",
        "RunStateEnum": "training.models.State",
        "SiteStateEnum": "readerstudy.operations.doctor.STATES",
    },
}

CELERY_BROKER_URL = envstr("REDIS_URL", f"redis+socket://{DATA_DIR / 'redis.sock'}?virtual_host=0")
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A fresh process per task: TensorFlow is imported in the child only, and a cancelled training frees everything.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "work"
CELERY_TASK_ROUTES = {"training.train_fold": {"queue": "train"}, "training.train_trial": {"queue": "train"}}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A visibility timeout shorter than a task would deliver it twice.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 86_400,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    # A page never waits for a broker that is away: the reaper sends the row again.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
    "socket_connect_timeout": 2,
}
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat")
# Messages only wake a worker; what was lost is found in the rows and sent again.
CELERY_BEAT_SCHEDULE = {
    "requeue stale imports": {"task": "studies.requeue_stale", "schedule": 30.0},
    "requeue stale faces, runs and folds": {"task": "training.requeue_stale", "schedule": 30.0},
    "requeue stale comparisons": {"task": "screening.requeue_stale", "schedule": 30.0},
}

LOG_FORMAT = envstr("LOG_FORMAT", "line")
if LOG_FORMAT not in {"line", "json"}:
    raise BadSetting(f"LOG_FORMAT is {LOG_FORMAT!r}: write line or json.")
LINE = "{asctime} {levelname:<7} {request_id} {name}: {message} {facts_text}"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "readerstudy.tracing.Filter"}},
    "formatters": {
        "line": {"()": "readerstudy.tracing.Lines", "format": LINE, "style": "{"},
        "json": {"()": "readerstudy.tracing.Json"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT, "filters": ["request"]}},
    "root": {"handlers": ["console"], "level": envstr("LOG_LEVEL", "INFO")},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        "axes": {"level": "WARNING"},
    },
}
METRICS_TOKEN = envsecret("METRICS_TOKEN")
SHARED_METRICS = envstr(
    "PROMETHEUS_MULTIPROC_DIR"
)  # where several web processes write their times; read by the library
