"""Charging: who may, where, and what begins and ends; what the hardware sees and decides."""
