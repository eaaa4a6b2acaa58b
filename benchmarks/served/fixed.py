"""The least that uvicorn can do: read the body, answer with the same bytes."""

from __future__ import annotations

from benchmarks.messages import MESSAGE_ID
from benchmarks.served.running import serve
from ocpp_sdk import v15
from ocpp_sdk.server.asgi import Receive, Scope, Send
from ocpp_sdk.soap.exchange import encode_reply

_TYPES = v15.central_system
BODY = encode_reply(
    v15.AUTHORIZE,
    v15.AuthorizeResponse(id_tag_info=_TYPES.IdTagInfo(status=_TYPES.AuthorizationStatus.ACCEPTED)),
    message_id=MESSAGE_ID,
    relates_to=MESSAGE_ID,
)
START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"application/soap+xml; charset=utf-8"),
        (b"content-length", b"%d" % len(BODY)),
    ],
}
END = {"type": "http.response.body", "body": BODY}


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send(START)
    await send(END)


if __name__ == "__main__":
    serve(app)
