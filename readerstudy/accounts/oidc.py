"""The hospital's own sign-in (OpenID Connect): what the settings say about it, in the words of django-allauth."""

from importlib.util import find_spec
from typing import Any

from readerstudy.env import BadSetting

PROVIDER = "hospital"  # stands in the address that the hospital's directory leads back to
SCOPE = ["openid", "profile", "email"]


def is_installed() -> bool:
    return all(find_spec(name) for name in ("oauthlib", "jwt", "requests"))


def providers(*, issuer: str, name: str, client: str, secret: str) -> dict[str, Any]:
    """The one provider that OIDC_ISSUER names; none without it."""
    if not issuer:
        return {}
    if not is_installed():
        raise BadSetting("OIDC_ISSUER is set, but its packages are not installed: pip install 'readerstudy[oidc]'.")
    if not client or not secret:
        raise BadSetting("OIDC_ISSUER is set: set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET (or its _FILE) too.")
    app = {
        "provider_id": PROVIDER,
        "name": name,
        "client_id": client,
        "secret": secret,
        "settings": {"server_url": issuer.rstrip("/"), "oauth_pkce_enabled": True},
    }
    return {"openid_connect": {"APPS": [app], "SCOPE": SCOPE}}


def door() -> dict[str, str]:
    """What the sign-in page says of it and where it leads; empty where there is none."""
    from django.conf import settings
    from django.urls import reverse

    if not settings.SOCIALACCOUNT_PROVIDERS:
        return {}
    return {"name": settings.OIDC_NAME, "url": reverse("openid_connect_login", args=[PROVIDER])}
