"""Training by transformers: its data, its reference, its masks, and what stops it."""
