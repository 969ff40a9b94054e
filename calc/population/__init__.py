"""Population models of a drug's course, and what levels make of them for one person.

From a model and a person's doses: `Course` predicts, `fit` finds the most probable person, `posterior` all
that are possible, `search` the regimen that reaches a target. Before: `applicability` says whether the model
was made for such people. After: `conflict` whether the levels can be believed, and `explanations` what may
have gone wrong; `influence` and `shrinkage` what they were worth; `updates` what each of them changed.
`averaged` asks several models, `robust` makes one that an absurd level cannot carry away. Needs numpy, which
no rule has to wait for.

    ModelError, EquationError, DosingError (ValueError)    a model, regimen or target cannot be used
    HistoryError (ValueError)                              what is told of the person cannot be used
    NotSolved, NotConverged (ArithmeticError)              nothing is answered for this person
"""

from calc.population.adherence import Lapse, WhatIf, what_if, with_lapses
from calc.population.applicability import Applicability, Reason, applicability
from calc.population.averaging import (
    Averaged,
    LeftOut,
    Member,
    Prediction,
    averaged,
    evidence,
    sampled_evidence,
)
from calc.population.course import Course, Person
from calc.population.diagnostics import (
    BEYOND_BELIEF,
    UNUSUAL,
    Conflict,
    Counted,
    Influence,
    LevelConflict,
    Surprise,
    chi_square_tail,
    conflict,
    influence,
    shrinkage,
)
from calc.population.explanations import Explanation, explanations
from calc.population.exposure import Bands, Figure, Figures, Measure, bands, figure
from calc.population.expressions import Equation, EquationError, derivative, equation
from calc.population.fit import Fit, NotConverged, fit, minimum
from calc.population.forecast import Forecast
from calc.population.history import Dose, HistoryError, Level, MissingCovariate, compact, expanded
from calc.population.interactions import Interaction, under
from calc.population.model import Covariate, ModelError, PopulationModel, States
from calc.population.objective import Objective
from calc.population.ode import NotSolved
from calc.population.posterior import Posterior, posterior
from calc.population.regimen import Choices, DosingError, Regimen, multiples, of_units, rounded
from calc.population.residual import Residual
from calc.population.robust import StudentResidual, robust
from calc.population.sampling import NextSample, next_sample
from calc.population.search import Candidate, Option, Search, representative, search
from calc.population.targets import Target, attainment, toxicity
from calc.population.updating import Update, updates

__all__ = [
    "BEYOND_BELIEF",
    "UNUSUAL",
    "Applicability",
    "Averaged",
    "Bands",
    "Candidate",
    "Choices",
    "Conflict",
    "Counted",
    "Course",
    "Covariate",
    "Dose",
    "DosingError",
    "Equation",
    "EquationError",
    "Explanation",
    "Figure",
    "Figures",
    "Fit",
    "Forecast",
    "HistoryError",
    "Influence",
    "Interaction",
    "Lapse",
    "LeftOut",
    "Level",
    "LevelConflict",
    "Measure",
    "Member",
    "MissingCovariate",
    "ModelError",
    "NextSample",
    "NotConverged",
    "NotSolved",
    "Objective",
    "Option",
    "Person",
    "PopulationModel",
    "Posterior",
    "Prediction",
    "Reason",
    "Regimen",
    "Residual",
    "Search",
    "States",
    "StudentResidual",
    "Surprise",
    "Target",
    "Update",
    "WhatIf",
    "applicability",
    "attainment",
    "averaged",
    "bands",
    "chi_square_tail",
    "compact",
    "conflict",
    "derivative",
    "equation",
    "evidence",
    "expanded",
    "explanations",
    "figure",
    "fit",
    "influence",
    "minimum",
    "multiples",
    "next_sample",
    "of_units",
    "posterior",
    "representative",
    "robust",
    "rounded",
    "sampled_evidence",
    "search",
    "shrinkage",
    "toxicity",
    "under",
    "updates",
    "what_if",
    "with_lapses",
]
