"""`bespoke serve`: settings, knowledge, log and service put together."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.routing import BaseRoute

from cds.cards import UnknownPublisher, check_precedence
from cds.cli.later import Later
from cds.cli.main import fail
from cds.guard import reasons_to_withhold
from cds.hooks import ServeError, create_app
from cds.hooks import run as listen
from cds.hooks.service import HookService
from cds.log import DecisionLog, LogEntry, LogError, LogUnavailable
from cds.settings import Settings, SettingsError, check_start, load_settings
from dsl import as_text
from kb import KnowledgeBase, KnowledgeBaseError, RuleErrors, SiteCode, ready, with_site_map

if TYPE_CHECKING:
    from fhir_adapters.client import FhirClient


def run(config: Path | None, options: Mapping[str, object]) -> int:
    """Serves until stopped; see `bespoke serve --help`."""
    try:
        settings = load_settings(config, options)
        check_start(settings)
        fhir_client = _fhir_client(settings)
        knowledge = with_site_map(ready(settings.kb, reasons_to_withhold), settings.site_map)
        _check_precedence(settings, knowledge)
        log = DecisionLog.open(settings.db)
    except RuleErrors as error:
        print(as_text(error.diagnostics, error.sources), file=sys.stderr)
        return fail(f"{error}; correct them and start again")
    except (SettingsError, KnowledgeBaseError, LogError) as error:
        return fail(error)
    fixed = settings.as_of
    software = f"bespoke-cds {version('bespoke-cds')}"

    def clock() -> datetime:
        return fixed or datetime.now(UTC)

    service = HookService(
        knowledge,
        log,
        software=software,
        fire_draft=settings.fire_draft,
        allow_http_fhir=settings.allow_http_fhir,
        fhir_client=fhir_client,
        max_cards=settings.max_cards,
        guidance_precedence=settings.guidance_precedence,
        public_url=settings.public_url,
    )
    if settings.fire_draft:
        print("WARNING: draft rules fire; their cards say so", file=sys.stderr)

    def api() -> list[BaseRoute]:
        from cds.api import calculator_routes, report_route

        report = report_route(knowledge, clock, fire_draft=settings.fire_draft)
        return [report, *calculator_routes(knowledge)]

    # With its signatures: later records name the map by its digest alone.
    record = {"software": software, "kb": knowledge.identity, "site_codes": _plain(knowledge.site_codes)}
    try:
        log.append(LogEntry(str(uuid4()), "start", clock().isoformat(), None, None, None, record))
        listen(
            create_app(
                service,
                version=version("bespoke-cds"),
                clock=clock,
                cors_origins=settings.cors_origins,
                beside=[Later("/api/", api)],
            ),
            settings.host,
            settings.port,
        )
    except (ServeError, LogUnavailable) as error:
        return fail(error)
    finally:
        log.close()
    return 0


def _check_precedence(settings: Settings, knowledge: KnowledgeBase) -> None:
    try:
        check_precedence(settings.guidance_precedence, knowledge)
    except UnknownPublisher as error:
        raise SettingsError(f"guidance_precedence: {error}") from None


def _plain(codes: Iterable[SiteCode]) -> list[dict[str, str]]:
    return [
        {
            "system": each.code.system,
            "code": each.code.code,
            "target": each.target,
            "signed_by": each.signed_by,
            "signed": each.signed.isoformat(),
        }
        for each in codes
    ]


def _fhir_client(settings: Settings) -> FhirClient | None:
    """The client for the listed FHIR servers, none without any; raises `SettingsError`."""
    if not settings.fhir_bases:
        return None
    # Imported here because nothing else needs an HTTP library.
    import ssl

    from fhir_adapters.client import FetchLimits, FhirBase, FhirClient, UnusableBase

    try:
        bases = [FhirBase.of(text, settings.fhir_networks) for text in settings.fhir_bases]
        trust = ssl.create_default_context(cafile=settings.fhir_ca) if settings.fhir_ca else None
    except UnusableBase as error:
        raise SettingsError(f"fhir_bases, fhir_networks: {error}") from None
    except OSError:
        raise SettingsError(
            f"fhir_ca: expected a readable PEM file of certificates at {settings.fhir_ca}"
        ) from None
    return FhirClient(bases, limits=FetchLimits(seconds=settings.fhir_seconds), ssl_context=trust)
