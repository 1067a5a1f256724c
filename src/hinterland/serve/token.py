"""Who may ask: whoever sends the token that the environment variable ``HINTERLAND_TOKEN`` holds."""

from __future__ import annotations

import hashlib
import hmac
import os

from hinterland.serve.problems import Problem

VARIABLE = "HINTERLAND_TOKEN"


class Token:
    """A secret that requests must carry, kept as its hash.

    Raises
    ------
    ValueError
        For one that is empty, or that no header can carry; it does not show it.
    """

    def __init__(self, secret: str) -> None:
        if not secret:
            raise ValueError(f"{VARIABLE} is set and empty; give it a secret, or unset it to let anyone ask")
        if not (secret.isascii() and secret.isprintable()) or " " in secret:
            raise ValueError(
                f"{VARIABLE} must be ASCII letters, digits and signs, without blanks or line ends"
            )
        self._hash = _hash(secret)

    def check(self, given: str | None) -> None:
        """Raise the problem ``unauthorized`` unless ``given`` is the secret; how long it takes tells nothing."""
        if not hmac.compare_digest(self._hash, _hash(given or "")):
            sent = "a token that is not the right one" if given else "no token"
            raise Problem(
                401,
                "unauthorized",
                f"the request has {sent}; send the header 'Authorization: Bearer TOKEN'",
                headers={"WWW-Authenticate": "Bearer"},
            )


def token_of_environment() -> Token | None:
    """The token that requests must carry, or None where the variable is not set."""
    secret = os.environ.get(VARIABLE)
    return None if secret is None else Token(secret)


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
