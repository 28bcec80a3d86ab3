"""From files and targets to the sets that a job reads."""
