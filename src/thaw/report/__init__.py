"""Tables, figures, machine-readable documents, citations of a run."""
