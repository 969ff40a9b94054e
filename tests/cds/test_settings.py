"""Settings: file, environment, options, and the rules for a start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cds.decision import parse_as_of
from cds.settings import Settings, SettingsError, check_start, load_settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No setting of the machine the tests run on takes part."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"BESPOKE_{name.upper()}", raising=False)
    yield


def test_defaults() -> None:
    assert load_settings().model_dump() == {
        "host": "127.0.0.1",
        "port": 8080,
        "db": "sqlite:///bespoke.db",
        "kb": None,
        "site_map": None,
        "as_of": None,
        "fire_draft": False,
        "allow_http_fhir": False,
        "guidance_precedence": (),
        "max_cards": 20,
        "fhir_bases": (),
        "fhir_networks": (),
        "fhir_ca": None,
        "fhir_seconds": 0.4,
        "cors_origins": (),
        "public_url": None,
    }


def test_options_beat_the_environment_beats_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("bespoke.toml").write_text('port = 1\nhost = "localhost"\nfire_draft = true\n')
    monkeypatch.setenv("BESPOKE_PORT", "2")
    monkeypatch.setenv("BESPOKE_HOST", "::1")
    settings = load_settings(options={"port": 3})
    assert (settings.port, settings.host, settings.fire_draft) == (3, "::1", True)


def test_a_named_file_replaces_the_default_one() -> None:
    Path("bespoke.toml").write_text("port = 1\n")
    Path("other.toml").write_text(
        'kb = "kb"\nas_of = 2026-11-20\nfire_draft = true\ncors_origins = ["https://ehr.example.org"]\n'
    )
    settings = load_settings(Path("other.toml"))
    assert (settings.port, settings.kb, settings.fire_draft) == (8080, Path("kb"), True)
    assert settings.as_of == datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC)
    assert settings.cors_origins == ("https://ehr.example.org",)


def test_variables_of_other_meaning_do_not_disturb(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' own BESPOKE_REFERENCE must not stop a service."""
    monkeypatch.setenv("BESPOKE_REFERENCE", "/somewhere")
    monkeypatch.setenv("BESPOKE_PORT", "")
    assert load_settings() == Settings()


def test_environment_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BESPOKE_CORS_ORIGINS", "https://a.example.org, http://localhost:3000")
    monkeypatch.setenv("BESPOKE_FIRE_DRAFT", "true")
    monkeypatch.setenv("BESPOKE_AS_OF", "2026-11-20T10:00:00+01:00")
    settings = load_settings()
    assert settings.cors_origins == ("https://a.example.org", "http://localhost:3000")
    assert settings.fire_draft and settings.as_of == datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"prot = 1", "bespoke.toml: unknown key `prot`; expected one of host, port"),
        (b"port = 70000", "bespoke.toml: key `port`: expected a port number"),
        (b"as_of = 2026-11-20T10:00:00", "bespoke.toml: key `as_of`: expected a date"),
        (b'as_of = "yesterday"', "bespoke.toml: key `as_of`: expected a date"),
        (b'cors_origins = ["*"]', "bespoke.toml: key `cors_origins`: expected exact origins"),
        (b'cors_origins = "https://a.example.org/path"', "key `cors_origins`: expected exact origins"),
        (b"fire_draft = 2", "key `fire_draft`: expected true or false"),
        (b"port = ", "bespoke.toml: expected TOML"),
        (b"\xff", "bespoke.toml: expected UTF-8"),
    ],
)
def test_a_fault_in_the_file_names_file_and_key(content: bytes, message: str) -> None:
    Path("bespoke.toml").write_bytes(content)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_a_fault_elsewhere_names_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match=r"absent\.toml: cannot be read"):
        load_settings(Path("absent.toml"))
    with pytest.raises(SettingsError, match="option --allow-http-fhir: expected true or false"):
        load_settings(options={"allow_http_fhir": "many"})
    monkeypatch.setenv("BESPOKE_PORT", "secret-text")
    with pytest.raises(SettingsError, match="environment variable BESPOKE_PORT: expected a port") as caught:
        load_settings()
    assert "secret-text" not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "127.0.0.1.example.org", " "]
)
def test_c2_h142_no_start_where_strangers_could_call(host: str) -> None:
    with pytest.raises(SettingsError, match="loopback"):
        check_start(load_settings(options={"host": host, "as_of": "2026-11-20"}))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_c2_on_loopback_a_warning_is_loud(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    check_start(load_settings(options={"host": host}))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("WARNING: authentication is off") and captured.err.count("\n") == 1


@pytest.mark.parametrize("value", ["2026-11-20T10:00:00", "20 Nov 2026", "", "2026-13-01", "٢٠٢٦-11-20"])
def test_an_instant_without_offset_is_no_instant(value: Any) -> None:
    """Read in the machine's own time zone, it would give other advice elsewhere."""
    with pytest.raises(ValueError):
        parse_as_of(value)
