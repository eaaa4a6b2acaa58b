"""The worst that a peer can send within the limits, and what one such message costs: `python -m tests.fuzz.worst NAME`.

Prints one line of JSON: what the message came to, and how many bytes of memory the process had at most, before and
after it.
"""

from __future__ import annotations

import json
import resource
import sys
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ocpp_sdk.errors import OcppError
from ocpp_sdk.soap.exchange import decode_request, fault_for, salvage
from ocpp_sdk.soap.inflate import inflate
from ocpp_sdk.soap.limits import Limits
from tests.conformance.corpus import INDEX, SERVICES

LIMITS: Final = Limits()
_NAMESPACE: Final = next(one.namespace for one in SERVICES if (one.version, one.role) == ("1.6", "central_system"))


def _message(header: str = "", payload: str = "", attributes: str = "") -> bytes:
    return (
        f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns="{_NAMESPACE}"{attributes}><s:Header>'
        f"<chargeBoxIdentity>CP1</chargeBoxIdentity>{header}</s:Header><s:Body>{payload}</s:Body></s:Envelope>"
    ).encode()


def _payload(inner: str, attributes: str = "") -> bytes:
    return _message(
        payload=f"<dataTransferRequest><vendorId>v</vendorId>{inner}</dataTransferRequest>", attributes=attributes
    )


def _fill(piece: str, room: int = LIMITS.max_bytes) -> str:
    return piece * ((room - 2000) // len(piece))


def _at_most(piece: str, elements: int = LIMITS.max_elements - 100) -> str:
    return piece * min(elements, (LIMITS.max_bytes - 2000) // len(piece))


def _numbered(piece: str, room: int = LIMITS.max_bytes) -> str:
    parts: list[str] = []
    size = 0
    while size < room - 2000:
        parts.append(piece.format(len(parts)))
        size += len(parts[-1])
    return "".join(parts)


def _bomb(size: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    block = b" " * 2**20
    return b"".join(packer.compress(block) for _ in range(size // 2**20)) + packer.flush()


def _greatest() -> bytes:
    names = ("value", "context", "format", "measurand", "phase", "location", "unit")
    texts = ("5", "Sample.Periodic", "Raw", "Energy.Active.Import.Register", "L1", "Outlet", "kWh")
    sampled = "".join(f"<{name}>{text}</{name}>" for name, text in zip(names, texts, strict=True))
    meter = f"<timestamp>2024-05-16T15:42:05Z</timestamp>{f'<sampledValue>{sampled}</sampledValue>' * 13}"
    begin = "<transactionId>1</transactionId><timestamp>2024-05-16T15:42:05Z</timestamp><meterStop>1</meterStop>"
    data = f"<transactionData>{meter}</transactionData>" * 1000
    return _message(payload=f"<stopTransactionRequest>{begin}{data}</stopTransactionRequest>")


# Name, what makes the message, whether it comes compressed, and what it comes to.
WORST: Final[Mapping[str, tuple[Callable[[], bytes], bool, str]]] = {
    "greatest-of-the-field": (_greatest, False, "read"),
    "flood-of-elements": (lambda: _payload(_fill("<a/>")), False, "LimitExceededError"),
    "flood-of-elements-inflated": (
        lambda: zlib.compress(_payload(_fill("<a/>", LIMITS.max_inflated_bytes))),
        True,
        "LimitExceededError",
    ),
    "elements-at-the-limit": (lambda: _payload(_at_most("<a/>")), False, "read"),
    "elements-at-the-limit-in-header": (lambda: _message(_at_most("<a/>"), "<heartbeatRequest/>"), False, "read"),
    "elements-within-text": (lambda: _payload(f"<data>{_at_most('<a/>')}</data>"), False, "read"),
    "elements-within-text-and-namespaces": (
        lambda: _payload(f"<data>{_at_most('<a/>')}</data>", _numbered(' xmlns:n{0}="urn:{0}"', 2**21)),
        False,
        "read",
    ),
    "elements-repeated": (lambda: _payload(_at_most("<vendorId>v</vendorId>")), False, "read"),
    "elements-with-text": (lambda: _payload(_at_most("<x>12345678</x>")), False, "read"),
    "elements-in-a-namespace-of-their-own": (lambda: _payload(_numbered('<x xmlns="urn:{}"/>')), False, "read"),
    "long-namespace": (
        lambda: _payload(_fill("<v:a/>", 2**20), f' xmlns:v="urn:{"v" * 2**21}"'),
        False,
        "LimitExceededError",
    ),
    "long-namespace-in-header": (
        lambda: _message(_fill("<v:a/>", 2**20), "<heartbeatRequest/>", f' xmlns:v="urn:{"v" * 2**21}"'),
        False,
        "LimitExceededError",
    ),
    "flood-of-namespaces": (lambda: _payload("", _numbered(' xmlns:n{}="u"')), False, "LimitExceededError"),
    "flood-of-attributes": (lambda: _payload("<a" + _numbered(" a{}=''") + "/>"), False, "LimitExceededError"),
    "attributes-at-the-limit": (
        lambda: _payload(("<a" + "".join(f" a{number}=''" for number in range(256)) + "/>") * 780),
        False,
        "read",
    ),
    "flood-of-comments": (lambda: _payload(_fill("<!---->")), False, "LimitExceededError"),
    "deep": (lambda: _payload(_fill("<a>")), False, "LimitExceededError"),
    "deep-and-closed": (lambda: _payload("<a>" * 250 + "</a>" * 250), False, "LimitExceededError"),
    "deep-many-times": (lambda: _payload(_at_most("<a>" * 28 + "</a>" * 28, 7000)), False, "read"),
    "one-long-text": (lambda: _payload(f"<data>{_fill('x')}</data>"), False, "read"),
    "one-long-text-of-references": (lambda: _payload(f"<data>{_fill('&lt;')}</data>"), False, "read"),
    "one-long-name": (lambda: _payload(f"<{_fill('x')}/>"), False, "MalformedXmlError"),
    "utf-16": (lambda: _payload(f"<data>{_fill('x', 2**21)}</data>").decode().encode("utf-16"), False, "read"),
    "too-many-bytes": (lambda: _payload(f"<data>{_fill('x', 2**23)}</data>"), False, "LimitExceededError"),
    "bomb": (lambda: _bomb(2**30), True, "LimitExceededError"),
}


def peak() -> int:
    """Return the most memory that this program had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage tells begins with the memory of the process that started this one.
        (line,) = (line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def read(data: bytes, compressed: bool) -> str:
    """Read a request as the server does, salvage included."""
    try:
        if compressed:
            data = inflate(data, "deflate" if data[:1] == b"\x78" else "gzip", LIMITS, [])
        decode_request(data, INDEX, limits=LIMITS, inflated=compressed)
    except OcppError as error:
        fault_for(error)
        if not compressed:
            salvage(data, INDEX, limits=LIMITS)
        return type(error).__name__
    return "read"


def main(name: str) -> None:
    """Read one message and tell."""
    make, compressed, _ = WORST[name]
    data = make()
    before = peak()
    outcome = read(data, compressed)
    print(json.dumps({"outcome": outcome, "before": before, "after": peak(), "bytes": len(data)}))


if __name__ == "__main__":
    main(sys.argv[1])
