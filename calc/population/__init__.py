"""Population models of a drug's course, and what levels make of them for one person.

From a model and a person's doses: `Course` predicts, `fit` finds the most probable person,
`posterior` all that are possible. Needs numpy, which
no rule has to wait for.

    ModelError, EquationError (ValueError)    the model cannot be used
    HistoryError (ValueError)                 what is told of the person cannot be used
    NotSolved, NotConverged (ArithmeticError) nothing is answered for this person
"""

from calc.population.course import Course, Person
from calc.population.expressions import Equation, EquationError, derivative, equation
from calc.population.fit import Fit, NotConverged, fit, minimum
from calc.population.history import Dose, HistoryError, Level, MissingCovariate, compact, expanded
from calc.population.model import Covariate, ModelError, PopulationModel, States
from calc.population.objective import Objective
from calc.population.ode import NotSolved
from calc.population.posterior import Posterior, posterior
from calc.population.residual import Residual

__all__ = [
    "Course",
    "Covariate",
    "Dose",
    "Equation",
    "EquationError",
    "Fit",
    "HistoryError",
    "Level",
    "MissingCovariate",
    "ModelError",
    "NotConverged",
    "NotSolved",
    "Objective",
    "Person",
    "PopulationModel",
    "Posterior",
    "Residual",
    "States",
    "compact",
    "derivative",
    "equation",
    "expanded",
    "fit",
    "minimum",
    "posterior",
]
