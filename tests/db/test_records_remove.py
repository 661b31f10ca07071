"""Removing a record in the version that was read."""

from __future__ import annotations

import pytest

from engine.data import records
from engine.db.pool import Pool
from engine.errors import BadRequest, NotFound, OptimisticLocking
from engine.ids import new_id
from tests.db.test_records import APP, COMPANIES, save


async def test_a_removal_may_name_the_version_that_was_read(pool: Pool) -> None:
    """Another version is refused and stays; the right one goes; a record that is gone is not found."""
    saved = await save(pool, {"name": "Acme"})
    async with pool.transaction() as conn:
        with pytest.raises(OptimisticLocking) as caught:
            await records.remove(conn, APP, COMPANIES, saved.id, version=2)
        assert caught.value.additional_info == {"id": str(saved.id), "version": 1, "basedOn": 2}
        with pytest.raises(BadRequest):
            await records.remove(conn, APP, COMPANIES, saved.id, version=-1)
        assert await records.remove(conn, APP, COMPANIES, saved.id, version=1) == saved
        with pytest.raises(NotFound):
            await records.remove(conn, APP, COMPANIES, new_id(), version=1)
