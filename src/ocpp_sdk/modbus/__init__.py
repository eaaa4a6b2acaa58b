"""Modbus: what a PLC holds, how it is read and written, and the handshake between it and a charge point.

`registers`, `map`, `words`, `planning` and `handshake` are pure; `device` and `discovery` do the input and output.
`device` needs the extra `modbus`.
"""
