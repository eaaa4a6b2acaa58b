"""Waiting for what happens elsewhere: in another process, behind a socket, in storage."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

PATIENCE_S = 60.0
_LOOK_S = 0.02


async def until(look: Callable[[], bool | Awaitable[bool]], what: Callable[[], object] = lambda: "") -> None:
    """Look again and again until something is so.

    Args:
        look: tells whether it is.
        what: tells what is known when it does not come.
    """
    end = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        found = look()
        if await found if inspect.isawaitable(found) else found:
            return
        assert asyncio.get_running_loop().time() < end, what()
        await asyncio.sleep(_LOOK_S)
