"""The commands of the command line, a file a group. Importing them is quick: heavy rooms are imported inside."""
