"""How people sign in: the settings of django-allauth, of django-axes and of the hospital's own sign-in."""

from datetime import timedelta

from readerstudy.accounts import oidc
from readerstudy.env import BadSetting, envbool, envsecret, envstr

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:sign_in"
# Signing in is django-allauth's; what it may not do (registering, counting wrong passwords) is in the adapters.
ACCOUNT_ADAPTER = "readerstudy.accounts.adapters.Accounts"
ACCOUNT_FORMS = {"login": "readerstudy.accounts.forms.SignInForm"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation that was mailed has shown whose the address is
ACCOUNT_SESSION_REMEMBER = True  # as long as SESSION_COOKIE_AGE; leaving the screen ends it sooner
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# A ward signs in from one address: wrong passwords are django-axes' business, wrong codes are counted by the person.
ACCOUNT_RATE_LIMITS = {"login": False, "login_failed": "5/5m/key"}
MFA_ADAPTER = "readerstudy.accounts.adapters.Factors"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a device that was only touched is a key that was found
MFA_RATE_LIMITS = {"webauthn_login": False}
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # half a minute, for a telephone whose clock is not quite right
# Whom the site sends to the page that sets up a second factor: all, staff (who administers or coordinates), none.
REQUIRE_SECOND_FACTOR = envstr("REQUIRE_SECOND_FACTOR", "none")
if REQUIRE_SECOND_FACTOR not in {"none", "staff", "all"}:
    raise BadSetting(f"REQUIRE_SECOND_FACTOR is {REQUIRE_SECOND_FACTOR!r}: write none, staff or all.")
# After five wrong passwords an account is closed to that address for a quarter of an hour (django-axes).
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "readerstudy.accounts.forms.sign_in_name"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # who signed in is in the audit log
AXES_LOCKOUT_TEMPLATE = "accounts/locked.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_VERBOSE = False

# Some directories do not say whether an address is verified; where only the hospital gives them out, they all are.
OIDC_TRUST_EMAIL = envbool("OIDC_TRUST_EMAIL", False)
OIDC_NAME = envstr("OIDC_NAME", "the hospital's account")
SOCIALACCOUNT_ADAPTER = "readerstudy.accounts.adapters.Hospital"
SOCIALACCOUNT_LOGIN_ON_GET = True  # a form that leads to another site would be stopped by our own form-action
SOCIALACCOUNT_PROVIDERS = oidc.providers(
    issuer=envstr("OIDC_ISSUER"),
    name=OIDC_NAME,
    client=envstr("OIDC_CLIENT_ID"),
    secret=envsecret("OIDC_CLIENT_SECRET"),
)
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
