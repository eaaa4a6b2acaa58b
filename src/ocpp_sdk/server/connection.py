"""uvicorn's connection, with one timer for all the pauses between its requests.

uvicorn arms a timer after each reply and takes it down at the next request. With charge points that send one request
after the other, that is a handle of the event loop made and closed for each, and none of them ever goes off.
"""

from __future__ import annotations

from ocpp_sdk.server.upgrading import PatientProtocol

__all__ = ["Connection"]


class Connection(PatientProtocol):
    """Closes when nothing comes for the keep-alive time; the timer runs on while requests come and is then set anew."""

    _idle_since: float | None = None

    def on_response_complete(self) -> None:
        """Begin the next request if it is here already; else wait for it."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
            return
        self._idle_since = self.loop.time()
        if self.timeout_keep_alive_task is None:
            self._wait(self.timeout_keep_alive)

    def timeout_keep_alive_handler(self) -> None:
        """Close, if the pause is long enough; the next reply sets the timer anew if there is no pause."""
        self.timeout_keep_alive_task = None
        if self._idle_since is None:
            return
        left = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left > 0:
            self._wait(left)
        elif not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Take the timer down, which would keep the connection in memory."""
        super().connection_lost(exc)
        if self.timeout_keep_alive_task is not None:
            self.timeout_keep_alive_task.cancel()
            self.timeout_keep_alive_task = None

    def _unset_keepalive_if_required(self) -> None:
        self._idle_since = None

    def _wait(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)
