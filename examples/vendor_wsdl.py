"""From a vendor's own WSDL to calls: generates a package from `vendor/`, serves it and calls it.

Run it in a checkout of this project, since the generator is no part of the installed package.
"""

import asyncio
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

from ocpp_sdk import Call
from ocpp_sdk.client import SoapClient
from ocpp_sdk.server import SoapServer
from ocpp_sdk.server.run import serve

HERE = Path(__file__).parent
PACKAGE = "vendor_display"


def generate(folder: Path) -> None:
    """Write the package; in a project of your own this is done once, and its result is committed."""
    command = [sys.executable, "-m", "codegen", "generate", "--wsdl-dir", str(HERE / "vendor")]
    subprocess.run([*command, "--out", str(folder / PACKAGE), "--package", PACKAGE], cwd=HERE.parent, check=True)  # noqa: S603 - our own command


async def main() -> None:
    """Serve the vendor's service and call it, as any service of OCPP."""
    display = importlib.import_module(f"{PACKAGE}.display_service")
    server = SoapServer([display.SERVICE], path="/DisplayService")

    # With the package committed, the annotations are `display.ShowTextRequest` and so on, and mypy checks them.
    @server.on(display.SHOW_TEXT)
    async def show_text(request: object, call: Call) -> object:
        print(f"{call.charge_box_identity} shows: {getattr(request, 'text', '')}")
        return display.ShowTextResponse(status=display.ShowStatus.SHOWN)

    async with (
        serve(server) as address,
        SoapClient(f"{address.url}/DisplayService", charge_box_identity="CP1") as peer,
    ):
        reply = await display.DisplayClient(peer).show_text(text="Welcome", seconds=5)
        print(f"the display says {reply.status}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        generate(Path(temporary))
        sys.path.insert(0, temporary)
        asyncio.run(main())
