"""The CDS Hooks service: requests in, cards out, over HTTP.

body → strict JSON → HookRequest → (a HookServer) → cards → strict models → answer
"""

from cds.hooks.app import DECISION_ID, create_app
from cds.hooks.checks import read_json
from cds.hooks.errors import BadRequest, CallRefused, CardRefused, HooksError, ServeError
from cds.hooks.feedback import parse_feedback
from cds.hooks.hook_server import Answer, HookServer
from cds.hooks.media import read_body
from cds.hooks.outcome import IssueCode, operation_outcome, outcome_of
from cds.hooks.protocol import HOOKS, HookRequest, parse_request
from cds.hooks.response import (
    Card,
    CardsResponse,
    Discovery,
    cards_response,
    parse_card,
    parse_discovery,
    serialise,
)
from cds.hooks.serve import run

__all__ = [
    "DECISION_ID",
    "HOOKS",
    "Answer",
    "BadRequest",
    "CallRefused",
    "Card",
    "CardRefused",
    "CardsResponse",
    "Discovery",
    "HookRequest",
    "HookServer",
    "HooksError",
    "IssueCode",
    "ServeError",
    "cards_response",
    "create_app",
    "operation_outcome",
    "outcome_of",
    "parse_card",
    "parse_discovery",
    "parse_feedback",
    "parse_request",
    "read_body",
    "read_json",
    "run",
    "serialise",
]
