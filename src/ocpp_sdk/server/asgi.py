"""The words of ASGI that the server uses, as Starlette spells them, without importing Starlette."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

__all__ = ["ASGIApp", "Message", "Receive", "Scope", "Send", "own_path", "reply"]

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
ASGIApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_TEXT = (b"content-type", b"text/plain; charset=utf-8")


async def reply(send: Send, status: int, text: str, *headers: tuple[bytes, bytes], more: bool = False) -> None:
    """Send a short plain text; with `more` the caller ends the reply with an empty body event."""
    body = f"{text}\n".encode()
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [_TEXT, length, *headers]})
    await send({"type": "http.response.body", "body": body, "more_body": more})


def own_path(scope: Scope) -> str:
    """Return the path without that of a mount, in the form that paths are compared in: lower case, no final slash."""
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root).rstrip("/").lower()
