"""What the service does beside answering calls."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from cds.hooks.service import HookService
from cds.log import DecisionLog
from fhir_adapters import lint_template
from kb import load


def test_ready_only_while_the_log_can_be_used(tmp_path: Path) -> None:
    """H-133: a service that would answer every call with 503 must not be sent any."""
    log = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    service = HookService(load(), log, software="test")
    assert service.ready()
    with sqlite3.connect(tmp_path / "log.db") as other:
        other.execute("ALTER TABLE log_entry RENAME TO gone")
    other.close()
    assert not service.ready()
    log.close()


def test_medication_safety_comes_first_for_each_order_hook(tmp_path: Path) -> None:
    """Contract C2; the keys are those of the rules' inputs, tokens are of the 2.0 kind (E1 to E3)."""
    log = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    services = HookService(load(), log, software="test").discovery()["services"]
    log.close()
    assert isinstance(services, list)
    for hook in ("order-select", "order-sign"):
        first = next(service for service in services if service["hook"] == hook)
        assert first["id"] == "medication-safety"
        assert list(first["prefetch"]) == ["patient", "pgx", "medications", "conditions", "labs"]
        assert all("{{context.patientId}}" in template for template in first["prefetch"].values())


def test_every_template_of_the_discovery_answer_is_legal(tmp_path: Path) -> None:
    """Checklist E1 to E5, E14: for every hook, drafts included."""
    log = DecisionLog.open(f"sqlite:///{tmp_path / 'log.db'}")
    for fire_draft in (False, True):
        discovery = HookService(load(), log, software="test", fire_draft=fire_draft).discovery()
        services = discovery["services"]
        assert isinstance(services, list) and len(services) == 3
        templates = [template for service in services for template in service["prefetch"].values()]
        assert len(templates) > 10
        assert [(each, lint_template(each)) for each in templates if lint_template(each)] == []
    log.close()
