"""The faces at the command line."""
