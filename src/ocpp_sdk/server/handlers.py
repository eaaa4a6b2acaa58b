"""Which handler answers which operation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from ocpp_sdk.call import Call
from ocpp_sdk.errors import ConfigurationError
from ocpp_sdk.operation import AnyOperation, Operation, Service

__all__ = ["AnyHandler", "Handler", "HandlerTable"]

Req = TypeVar("Req")
Resp = TypeVar("Resp")

Handler: TypeAlias = Callable[[Req, Call], Awaitable[Resp]]
"""Answers one request: `async def handler(request, call) -> response`."""

AnyHandler: TypeAlias = Callable[[Any, Call], Awaitable[Any]]
"""A handler whose messages are not known statically."""


class HandlerTable:
    """The handlers of a server, by operation.

    A function that is registered for one operation wins over the method of a handler object, so that a class can serve
    a whole service and a function one operation of it.
    """

    def __init__(self, services: Sequence[Service]) -> None:
        self._services = tuple(services)
        self._from_functions: set[AnyOperation] = set()
        self.by_operation: dict[AnyOperation, AnyHandler] = {}

    def add(self, operation: Operation[Req, Resp], handler: Handler[Req, Resp]) -> None:
        """Let a function answer an operation.

        Raises:
            ConfigurationError: the server does not serve the operation, or another function answers it already.
        """
        self._must_serve(operation.service)
        if operation in self._from_functions:
            raise ConfigurationError(f"{operation!r} has a handler already; register one function an operation")
        self._from_functions.add(operation)
        self.by_operation[operation] = handler

    def add_object(self, service: Service, handler: object) -> None:
        """Let the methods of an object answer the operations of a service, each by `Operation.method`.

        Raises:
            ConfigurationError: the server does not serve the service, or the object has no fitting method.
        """
        self._must_serve(service)
        found = False
        for operation in service.operations.values():
            method = getattr(handler, operation.method, None)
            if callable(method):
                found = True
                if operation not in self._from_functions:
                    self.by_operation[operation] = method
        if not found:
            raise ConfigurationError(
                f"{type(handler).__name__} has no method for any operation of {service.name}; "
                "derive it from the generated handler class"
            )

    def _must_serve(self, service: Service) -> None:
        if service not in self._services:
            raise ConfigurationError(f"{service!r} is not among the services of this server")
