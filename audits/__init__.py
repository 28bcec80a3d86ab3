"""Batch audit of prompt logs: what models have said already, put to the same detection and agents as at run time."""
