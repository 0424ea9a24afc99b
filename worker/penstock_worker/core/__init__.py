"""Decisions without I/O: no asyncio, clock, socket or log; time is an argument."""
