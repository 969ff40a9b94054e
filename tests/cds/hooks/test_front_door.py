"""The exported names, in step with what other rooms may use."""

from __future__ import annotations

import cds.hooks


def test_every_exported_name_exists() -> None:
    assert all(hasattr(cds.hooks, name) for name in cds.hooks.__all__)
    assert sorted(set(cds.hooks.__all__)) == sorted(cds.hooks.__all__)
