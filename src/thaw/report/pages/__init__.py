"""Generated pages of the documents: one module per page, each with ``write``.

Quick pages need the declarations alone; the others simulate, take minutes and report progress.
"""

QUICK = ("coupling", "parameters", "inputs", "trust", "validation", "sbc")
SLOW = (
    "prior_predictive",
    "decisions_odds",
    "stability",
    "loops",
    "reform_effects",
    "rivals",
    "endogenous",
    "people_convergence",
    "questions",
    "placebos",
)
