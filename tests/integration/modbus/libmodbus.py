"""libmodbus, an implementation of others: `python libmodbus.py ADDRESS WORDS` serves one connection.

ADDRESS is `tcp`, which prints the port it took, or the path of a serial port. WORDS are the input registers from 200 on
as JSON; there are 400 registers of each kind.
"""

import ctypes
import ctypes.util
import json
import os
import socket
import sys
from typing import Any

FIRST = 200
COUNT = 400


class Mapping(ctypes.Structure):
    """modbus_mapping_t."""

    _fields_ = [
        *((f"number_{index}", ctypes.c_int) for index in range(8)),
        ("bits", ctypes.POINTER(ctypes.c_uint8)),
        ("input_bits", ctypes.POINTER(ctypes.c_uint8)),
        ("input_registers", ctypes.POINTER(ctypes.c_uint16)),
        ("registers", ctypes.POINTER(ctypes.c_uint16)),
    ]


def load() -> Any:  # noqa: ANN401 - a library has no type
    """Return the library, None if it is not installed."""
    name = ctypes.util.find_library("modbus")
    if name is None:
        return None
    library = ctypes.CDLL(name, use_errno=True)
    library.modbus_new_tcp.restype = ctypes.c_void_p
    library.modbus_new_rtu.restype = ctypes.c_void_p
    library.modbus_new_rtu.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_char, ctypes.c_int, ctypes.c_int]
    library.modbus_mapping_new.restype = ctypes.POINTER(Mapping)
    return library


def main() -> None:
    """Serve until the peer is gone."""
    address, words = sys.argv[1], json.loads(sys.argv[2])
    library = load()
    mapping = library.modbus_mapping_new(0, 0, COUNT, COUNT)
    for offset, word in enumerate(words):
        mapping.contents.input_registers[FIRST + offset] = word
    if address == "tcp":
        context = ctypes.c_void_p(library.modbus_new_tcp(b"127.0.0.1", 0))
        listening = ctypes.c_int(library.modbus_tcp_listen(context, 1))
        with socket.socket(fileno=os.dup(listening.value)) as own:
            print(own.getsockname()[1], flush=True)
        library.modbus_tcp_accept(context, ctypes.byref(listening))
    else:
        context = ctypes.c_void_p(library.modbus_new_rtu(address.encode(), 115200, b"N", 8, 1))
        library.modbus_set_slave(context, 1)
        assert library.modbus_connect(context) == 0
        print("ready", flush=True)
    query = (ctypes.c_uint8 * 260)()
    while (length := library.modbus_receive(context, query)) >= 0:
        if length:
            library.modbus_reply(context, query, length, mapping)


if __name__ == "__main__":
    main()
