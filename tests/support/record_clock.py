"""The clock of a record, put forward: every statement of the product that says ``now()`` reads it."""

from __future__ import annotations

from headrace_store.postgres import Pool

# Postgres looks for names in pg_catalog first, unless the search path names it in another place.
_INSTALL = """
CREATE SCHEMA test_clock;
CREATE TABLE test_clock.ahead (by interval NOT NULL);
INSERT INTO test_clock.ahead VALUES ('0');
CREATE FUNCTION test_clock.now() RETURNS timestamptz LANGUAGE sql STABLE
AS 'SELECT pg_catalog.now() + (SELECT by FROM test_clock.ahead)';
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = test_clock, pg_catalog, public', current_database());
END $$;
"""


class RecordClock:
    """Install it before the processes connect whose time it is to be."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def install(self) -> None:
        await self._pool.execute(_INSTALL)

    async def ahead(self, seconds: float) -> None:
        """From now on it is so much later than it really is."""
        await self._pool.execute("UPDATE test_clock.ahead SET by = make_interval(secs => $1)", seconds)
