"""A PLC for those who have none: a charge point's hardware, simulated behind its registers.

`plc` is pure and driven by a clock given as argument; `server` puts it on the network.
"""
