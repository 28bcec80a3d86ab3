"""The report of a job, and its manifest."""
