"""A central system as a whole: the server, what it answers, what it keeps, and its calls to charge points."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ocpp_sdk.central_system.answers import CentralSystemAnswers
from ocpp_sdk.central_system.commanding import Commander
from ocpp_sdk.central_system.recording import MessageRecorder, PendingWrites
from ocpp_sdk.central_system.retention import forget_old_messages
from ocpp_sdk.central_system.settings import CentralSystemSettings
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import OcppVersion
from ocpp_sdk.server import DEFAULT_PATH, SoapServer
from ocpp_sdk.storage import Store, open_store
from ocpp_sdk.versions import version_of
from ocpp_sdk.versions.roles import ChargePointCommands

__all__ = ["CentralSystem", "create_app"]


class CentralSystem:
    """Serves charge points of 1.2, 1.5 and 1.6 at one address, and calls them.

    It holds nothing that is not in its storage, so several may share one.

    Args:
        store: an open storage, which stays the caller's; or the URL of one, which is opened when the application
            starts and closed when it ends.
        settings: policies, intervals, limits.

    Attributes:
        app: the ASGI application, for `ocpp_sdk.server.run` or any ASGI server.
    """

    def __init__(self, store: Store | str, settings: CentralSystemSettings | None = None) -> None:
        settings = settings or CentralSystemSettings()
        self._url = store if isinstance(store, str) else None
        self._store = None if isinstance(store, str) else store
        self._settings = settings
        self._commander = Commander(lambda: self.store, settings)
        translations = [version_of(version) for version in OcppVersion]
        self.app = SoapServer(
            [translation.central_system for translation in translations],
            path=DEFAULT_PATH,
            settings=settings.server,
            identity=settings.identity,
            callback=settings.callback,
            lifespan=self._live,
        )
        writes = PendingWrites()
        answers = CentralSystemAnswers(lambda: self.store, settings, writes)
        recorder = MessageRecorder(lambda: self.store, settings.clock, writes, settings.on_message)
        for translation in translations:
            handler = translation.serve_central_system(answers)
            self.app.serve(translation.central_system, recorder.wrap(translation.central_system, handler))

    @property
    def store(self) -> Store:
        """The storage.

        Raises:
            ConfigurationError: it was given by its URL, and the application does not run.
        """
        if self._store is None:
            raise ConfigurationError("the storage of this central system is open only while its application runs")
        return self._store

    async def commands(self, identity: str) -> ChargePointCommands:
        """Return what can be asked of a charge point, as `await (await central_system.commands("CP1")).clear_cache()`.

        Args:
            identity: of the charge point; case does not matter.

        Raises:
            ConfigurationError: no such charge point has spoken, so that its version is not known.
            AddressRefusedError: it told no address, or none that may be called.
            ConnectError: the host name in its address is not known.
        """
        return await self._commander.commands(identity)

    @asynccontextmanager
    async def _live(self) -> AsyncIterator[None]:
        if self._url is not None:
            self._store = await open_store(self._url)
        kept_days = self._settings.message_retention_days
        forgetting = None
        if kept_days is not None:
            forgetting = asyncio.create_task(forget_old_messages(self.store, self._settings.clock, kept_days))
        try:
            yield
        finally:
            if forgetting is not None:
                forgetting.cancel()
                await asyncio.wait([forgetting])
            await self._commander.aclose()
            if self._url is not None and self._store is not None:
                store, self._store = self._store, None
                await store.close()


def create_app(store: Store | str | None = None, settings: CentralSystemSettings | None = None) -> SoapServer:
    """Return the ASGI application of a central system, for ASGI servers that take a factory.

    What is left out comes from the environment and the file `ocpp-sdk.toml`, see `ocpp_sdk.central_system.options`.

    Args:
        store: an open storage or the URL of one, as for `CentralSystem`.
        settings: policies, intervals, limits.

    Raises:
        ConfigurationError: a value there is wrong.
    """
    if store is None or settings is None:
        from ocpp_sdk.central_system.options import CentralSystemOptions  # noqa: PLC0415 - only who needs it loads it

        options = CentralSystemOptions.read()
        store = options.storage if store is None else store
        settings = options.settings() if settings is None else settings
    return CentralSystem(store, settings).app
