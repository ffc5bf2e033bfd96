"""The secrets of authenticator apps and recovery codes, sealed in the database by a key that does not lie there.

Fernet (AES-128-CBC with HMAC-SHA256, the library `cryptography`) under a key that HKDF draws from SECRET_KEY; those of
SECRET_KEY_FALLBACKS still open. A stolen database or backup alone passes nobody's second step.
"""

import base64
import logging

from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

log = logging.getLogger(__name__)
MARK = "sealed:"


def sealed(secret: str) -> str:
    return MARK + _keys().encrypt(secret.encode()).decode()


def unsealed(stored: str) -> str:
    """The secret; what was stored before secrets were sealed is passed through.

    One that no key opens becomes a secret that nobody knows, so that no code fits it: an empty one could be guessed.
    """
    if not stored.startswith(MARK):
        return stored
    try:
        return _keys().decrypt(stored.removeprefix(MARK).encode()).decode()
    except InvalidToken:
        log.error(
            "A second factor was sealed under another SECRET_KEY: see reset_second_factor, or bring that key back."
        )
        return generate_totp_secret()


def _keys() -> MultiFernet:
    return MultiFernet([_key(secret) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)])


def _key(secret: str) -> Fernet:
    drawn = HKDF(SHA256(), length=32, salt=None, info=b"readerstudy second factors").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(drawn))
