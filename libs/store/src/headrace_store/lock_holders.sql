-- Sessions that hold what a migration waits for.

-- name: blockers
SELECT pid, application_name, state, query, EXTRACT(epoch FROM now() - xact_start)::float8 AS since_s
FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids($1)) ORDER BY xact_start

-- name: advisory_holder
SELECT a.pid, a.application_name, a.state, a.query, EXTRACT(epoch FROM now() - a.xact_start)::float8 AS since_s
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = $1::bigint::oid
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
LIMIT 1
