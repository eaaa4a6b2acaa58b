"""Storage backends for ocpp-sdk: one package an engine, each behind the Protocols of `ocpp_sdk.storage`."""
