"""The settings of the service: a TOML file, overridden by `BESPOKE_*` variables, overridden by options."""

from __future__ import annotations

import ipaddress
import re
import sys
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, NoDecode, SettingsConfigDict

from cds.decision import parse_as_of

DEFAULT_FILE: Final = Path("bespoke.toml")
"""Read from the current folder when no other file is named."""

_ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?")


class SettingsError(Exception):
    """One sentence that says which setting is wrong, where it stands, and what was expected."""


def _origins(value: object) -> object:
    origins = _texts(value)
    if not isinstance(origins, list | tuple) or not all(
        isinstance(origin, str) and _ORIGIN.fullmatch(origin) for origin in origins
    ):
        raise ValueError
    return tuple(origins)


def _texts(value: object) -> object:
    return tuple(part.strip() for part in value.split(",")) if isinstance(value, str) else value


_Listed = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_texts)]


def _instant(value: object) -> object:
    return parse_as_of(value) if isinstance(value, str | date) else value


class Settings(BaseSettings):
    """What the service is told at its start."""

    model_config = SettingsConfigDict(
        env_prefix="BESPOKE_", env_ignore_empty=True, extra="forbid", frozen=True, hide_input_in_errors=True
    )

    host: str = Field(default="127.0.0.1", min_length=1, description="an address or host name")
    port: int = Field(default=8080, ge=0, le=65535, description="a port number from 0 to 65535")
    db: str = Field(default="sqlite:///bespoke.db", min_length=1, description="a database URL")
    kb: Path | None = Field(default=None, description="a path")
    site_map: Path | None = Field(default=None, description="a path")
    as_of: Annotated[datetime | None, BeforeValidator(_instant)] = Field(
        default=None, description="a date, or a date and time with offset"
    )
    fire_draft: bool = Field(default=False, description="true or false")
    allow_http_fhir: bool = Field(default=False, description="true or false")
    guidance_precedence: _Listed = Field(default=(), description="publishers of guidance such as DPWG, CPIC")
    max_cards: int = Field(default=20, ge=1, le=100, description="a number from 1 to 100")
    fhir_bases: _Listed = Field(default=(), description="addresses such as https://ehr.example.org/fhir")
    fhir_networks: _Listed = Field(default=(), description="networks such as 10.20.0.0/16")
    fhir_ca: Path | None = Field(default=None, description="a path")
    fhir_seconds: float = Field(default=0.4, gt=0, le=60, description="seconds, more than 0 and at most 60")
    public_url: str | None = Field(
        default=None, pattern=r"^https://\S+$", description="an address such as https://cds.example.org"
    )
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)] = Field(
        default=(), description="exact origins such as https://ehr.example.org"
    )


def load_settings(config: Path | None = None, options: Mapping[str, object] | None = None) -> Settings:
    """The settings from `config` (default: `bespoke.toml` where there is one), environment and options.

    `options` are those given on the command line, by the names of the settings. Raises `SettingsError`.
    """
    file = config or DEFAULT_FILE
    in_file = _read(file) if config is not None or file.is_file() else {}
    in_environment = EnvSettingsSource(Settings)()
    given = dict(options or {})
    try:
        return Settings(**{**in_file, **in_environment, **given})
    except ValidationError as error:
        name = str(error.errors(include_input=False, include_url=False)[0]["loc"][0])
        if name in given:
            place = f"option --{name.replace('_', '-')}"
        elif name in in_environment:
            place = f"environment variable BESPOKE_{name.upper()}"
        else:
            place = f"{file}: key `{name}`"
        raise SettingsError(f"{place}: expected {Settings.model_fields[name].description}") from None


def check_start(settings: Settings) -> None:
    """Refuses to start where strangers could call, and says on stderr that nobody is asked who they are.

    Raises `SettingsError` for a host that is not loopback, because no client can be authenticated. A fixed
    `as_of` is therefore also confined to loopback.
    """
    if not _is_loopback(settings.host):
        raise SettingsError(
            "host: without configured clients the service listens on loopback only; use --host 127.0.0.1"
        )
    print("WARNING: authentication is off; anyone on this machine can call this service", file=sys.stderr)


def _read(file: Path) -> dict[str, object]:
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror}); see --config") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{file}: expected UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: expected TOML: {error}") from None
    for name in values:
        if name not in Settings.model_fields:
            known = ", ".join(Settings.model_fields)
            raise SettingsError(f"{file}: unknown key `{name}`; expected one of {known}")
    return values


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
