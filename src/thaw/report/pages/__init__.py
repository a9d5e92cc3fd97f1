"""Generated pages of the documents: one module per page, each with ``write(folder)``."""
