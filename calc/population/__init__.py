"""Population models of a drug's course, and what levels make of them for one person.

From a model and a person's doses: `Course` predicts, `fit` finds the most probable person,
`posterior` all that are possible. From there: `Forecast` says what a regimen comes to, `search` which one
reaches a target, `next_sample` when to measure next. Needs numpy, which no rule has to wait for.

    ModelError, EquationError (ValueError)    the model cannot be used
    DosingError (ValueError)                  the regimen, target or search cannot be used
    NotSolved, NotConverged (ArithmeticError) nothing is answered for this person
"""

from calc.population.adherence import Lapse, WhatIf, what_if, with_lapses
from calc.population.course import Course, Person
from calc.population.exposure import Bands, Figure, Figures, Measure, bands, figure
from calc.population.expressions import Equation, EquationError, derivative, equation
from calc.population.fit import Fit, NotConverged, fit, minimum
from calc.population.forecast import Forecast
from calc.population.history import Dose, Level, compact, expanded
from calc.population.interactions import Interaction, under
from calc.population.model import Covariate, ModelError, PopulationModel, States
from calc.population.objective import Objective
from calc.population.ode import NotSolved
from calc.population.posterior import Posterior, posterior
from calc.population.regimen import Choices, DosingError, Regimen, multiples, of_units, rounded
from calc.population.residual import Residual
from calc.population.sampling import NextSample, next_sample
from calc.population.search import Candidate, Option, Search, representative, search
from calc.population.targets import Target, attainment, toxicity

__all__ = [
    "Bands",
    "Candidate",
    "Choices",
    "Course",
    "Covariate",
    "Dose",
    "DosingError",
    "Equation",
    "EquationError",
    "Figure",
    "Figures",
    "Fit",
    "Forecast",
    "Interaction",
    "Lapse",
    "Level",
    "Measure",
    "ModelError",
    "NextSample",
    "NotConverged",
    "NotSolved",
    "Objective",
    "Option",
    "Person",
    "PopulationModel",
    "Posterior",
    "Regimen",
    "Residual",
    "Search",
    "States",
    "Target",
    "WhatIf",
    "attainment",
    "bands",
    "compact",
    "derivative",
    "equation",
    "expanded",
    "figure",
    "fit",
    "minimum",
    "multiples",
    "next_sample",
    "of_units",
    "posterior",
    "representative",
    "rounded",
    "search",
    "toxicity",
    "under",
    "what_if",
    "with_lapses",
]
