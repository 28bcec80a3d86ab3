"""Methods that train: one loss a file."""
