"""Which weights may move: usable with any loss."""
