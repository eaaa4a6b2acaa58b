"""From the payload element to the operation: the namespace tells version and service, the name the operation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import ConfigurationError, UnknownOperationError
from ocpp_sdk.soap.excerpt import excerpt
from ocpp_sdk.soap.namespaces import OCPP_NAMESPACES, fold, split_tag
from ocpp_sdk.soap.repeated import Repeated

if TYPE_CHECKING:
    from lxml.etree import _Element

    from ocpp_sdk.operation import AnyOperation, OcppVersion, Service

__all__ = ["OperationIndex"]

_VERSIONS = {fold(namespace): version for namespace, (version, _) in OCPP_NAMESPACES.items()}


class OperationIndex:
    """The operations of the services that one end serves.

    Args:
        services: in the order in which a payload in a confused namespace is looked for.

    Attributes:
        services: as given.
        repeated: what the peers repeat in their requests, filled by whoever reads them.

    Raises:
        ConfigurationError: two operations have the same payload element.
    """

    def __init__(self, services: Sequence[Service]) -> None:
        self.services = tuple(services)
        self.repeated = Repeated()
        self._exact: dict[str, AnyOperation] = {}
        self._folded: dict[str, dict[str, AnyOperation]] = {}
        self._versions: dict[OcppVersion, list[Service]] = {}
        for service in services:
            by_name = self._folded.setdefault(fold(service.namespace), {})
            if service.version is not None:
                self._versions.setdefault(service.version, []).append(service)
            for operation in service.operations.values():
                tag = operation.request.tag
                if tag in self._exact:
                    raise ConfigurationError(f"two operations are called by {tag}; serve only one of their services")
                self._exact[tag] = operation
                by_name.setdefault(operation.request.element.lower(), operation)

    def exact(self, tag: str) -> AnyOperation | None:
        """Return the operation that a payload element calls to the letter, None for any other spelling."""
        return self._exact.get(tag)

    def find(self, payload: _Element, deviations: list[Deviation]) -> AnyOperation:
        """Return the operation that a payload element calls.

        Args:
            payload: the child of the body.
            deviations: receives that the element is not spelt as specified.

        Raises:
            UnknownOperationError: none; `known_service` says whether at least the namespace is one of OCPP or of
                a service served here.
        """
        tag = payload.tag
        operation = self._exact.get(tag)
        return operation if operation is not None else self._find_tolerantly(str(tag), deviations)

    def service_of(self, payload: _Element) -> Service | None:
        """Return the service whose namespace a payload element has, give or take its spelling."""
        namespace = fold(split_tag(str(payload.tag))[0])
        return next((service for service in self.services if fold(service.namespace) == namespace), None)

    def _find_tolerantly(self, tag: str, deviations: list[Deviation]) -> AnyOperation:
        namespace, local = split_tag(tag)
        folded = fold(namespace)
        name = local.lower()
        operation = self._folded.get(folded, {}).get(name)
        if operation is None:
            operation = self._in_other_service(_VERSIONS.get(folded), name)
        if operation is None:
            known = folded in self._folded or folded in _VERSIONS
            raise UnknownOperationError(
                f"{excerpt(local)} in namespace {excerpt(namespace)!r} is no operation of this service",
                known_service=known,
            )
        if namespace != operation.request.namespace:
            deviations.append(Deviation(DeviationKind.BODY_NAMESPACE, operation.request.element, excerpt(namespace)))
        if local != operation.request.element:
            deviations.append(Deviation(DeviationKind.BODY_ELEMENT_NAME, operation.request.element, excerpt(local)))
        return operation

    def _in_other_service(self, version: OcppVersion | None, name: str) -> AnyOperation | None:
        """Look among the services of the same version: peers confuse the namespaces Cs and Cp."""
        if version is None:
            return None
        for service in self._versions.get(version, ()):
            operation = self._folded[fold(service.namespace)].get(name)
            if operation is not None:
                return operation
        return None
