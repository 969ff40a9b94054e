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
from calc.population.expressions import Equation, EquationError, derivative, equation
from calc.population.fit import Fit, NotConverged, fit, minimum
from calc.population.history import Dose, HistoryError, Level, MissingCovariate, compact, expanded
from calc.population.model import Covariate, ModelError, PopulationModel, States
from calc.population.objective import Objective
from calc.population.ode import NotSolved
from calc.population.posterior import Posterior, posterior
from calc.population.residual import Residual
from calc.population.robust import StudentResidual, robust
from calc.population.updating import Update, updates

__all__ = [
    "BEYOND_BELIEF",
    "UNUSUAL",
    "Applicability",
    "Averaged",
    "Conflict",
    "Counted",
    "Course",
    "Covariate",
    "Dose",
    "Equation",
    "EquationError",
    "Explanation",
    "Fit",
    "HistoryError",
    "Influence",
    "LeftOut",
    "Level",
    "LevelConflict",
    "Member",
    "MissingCovariate",
    "ModelError",
    "NotConverged",
    "NotSolved",
    "Objective",
    "Person",
    "PopulationModel",
    "Posterior",
    "Prediction",
    "Reason",
    "Residual",
    "States",
    "StudentResidual",
    "Surprise",
    "Update",
    "applicability",
    "averaged",
    "chi_square_tail",
    "compact",
    "conflict",
    "derivative",
    "equation",
    "evidence",
    "expanded",
    "explanations",
    "fit",
    "influence",
    "minimum",
    "posterior",
    "robust",
    "sampled_evidence",
    "shrinkage",
    "updates",
]
