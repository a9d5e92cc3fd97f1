"""Citizens: who is alive, where, of which status, informed of what, believing what."""
