"""Who may speak as which charge_box_identity."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Awaitable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ocpp_sdk.call import Call
from ocpp_sdk.errors import IdentityMismatchError, SecurityError
from ocpp_sdk.server.asgi import Scope

__all__ = [
    "AllowAll",
    "BasicAuth",
    "CredentialsError",
    "FixedIdentity",
    "IdentityPolicy",
    "PeerFacts",
    "peer_facts",
]

_BASIC = "basic "


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFacts:
    """What is known about the other end besides the message.

    Attributes:
        host: its address; behind a trusted proxy the one that the proxy names. None if unknown.
        certificate_subject: distinguished name of the client certificate, where the ASGI server has verified one and
            tells it by the `tls` extension.
        username: user of HTTP basic authentication, None without.
        password: its password.
    """

    host: str | None = None
    certificate_subject: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class IdentityPolicy(Protocol):
    """Decides whether a peer may speak as the charge_box_identity of its request."""

    def check(self, call: Call, facts: PeerFacts, /) -> Awaitable[None] | None:
        """Return if the call may be handled; may be a coroutine function.

        Args:
            call: the request, with the identity that it claims.
            facts: what else is known about the peer.

        Raises:
            SecurityError: the peer is not authenticated, or may not do this.
            IdentityMismatchError: the identity is not the expected one.
        """
        ...


class CredentialsError(SecurityError):
    """HTTP credentials are missing or wrong; the fault is sent with status 401 and a challenge."""


class AllowAll:
    """Lets every peer speak as anyone."""

    def check(self, call: Call, facts: PeerFacts, /) -> None:
        """Allow it."""


class FixedIdentity:
    """What a charge point expects: requests are meant for itself.

    Blanks around the identity and upper or lower case do not matter, since central systems compare by the collation of
    their database and may send either.
    """

    def __init__(self, identity: str) -> None:
        self._identity = identity.strip()
        self._folded = self._identity.casefold()

    def check(self, call: Call, facts: PeerFacts, /) -> None:
        """Compare with the own identity; a missing one passes, since a setting of the server decides about it."""
        given = call.charge_box_identity
        if given and given != self._identity and given.strip().casefold() != self._folded:
            raise IdentityMismatchError("the request is meant for another charge point")


class BasicAuth:
    """HTTP basic authentication by a table of users.

    Args:
        passwords: by user name.
        identities: by user name, the identities that the user may speak as; a user who is not in it speaks as the
            identity that equals the user name.
    """

    def __init__(self, passwords: Mapping[str, str], identities: Mapping[str, Collection[str]] | None = None) -> None:
        self._digests = {user: _digest(password) for user, password in passwords.items()}
        self._identities = {user: frozenset(allowed) for user, allowed in (identities or {}).items()}
        # Compared with when the user is unknown, so that the time of an answer does not tell users from strangers.
        self._nobody = _digest("")

    def check(self, call: Call, facts: PeerFacts, /) -> None:
        """Compare user, password and identity."""
        if facts.username is None or facts.password is None:
            raise CredentialsError("HTTP basic authentication is required")
        known = facts.username in self._digests
        expected = self._digests.get(facts.username, self._nobody)
        if not hmac.compare_digest(_digest(facts.password), expected) or not known:
            raise CredentialsError("user or password is wrong")
        allowed = self._identities.get(facts.username, (facts.username,))
        if call.charge_box_identity not in allowed:
            raise IdentityMismatchError("the authenticated user may not speak as this chargeBoxIdentity")


def peer_facts(scope: Scope, headers: Mapping[bytes, bytes], host: str | None) -> PeerFacts:
    """Gather what is known about the peer of a request."""
    username, password = _basic_credentials(headers.get(b"authorization", b""))
    tls = (scope.get("extensions") or {}).get("tls") or {}
    subject = tls.get("client_cert_name")
    return PeerFacts(
        host=host,
        certificate_subject=subject if isinstance(subject, str) else None,
        username=username,
        password=password,
    )


def _basic_credentials(header: bytes) -> tuple[str | None, str | None]:
    text = header.decode("latin-1")
    if not text.lower().startswith(_BASIC):
        return None, None
    try:
        plain = base64.b64decode(text[len(_BASIC) :].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None, None
    username, colon, password = plain.partition(":")
    return (username, password) if colon else (None, None)


def _digest(password: str) -> bytes:
    return hashlib.sha256(password.encode()).digest()
