-- How many jobs an account may have waiting (ADR 0023).

-- name: lock
-- One submit of an account with a limit at a time, in all processes together; the lock goes with the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('headrace.quota.' || $1::uuid::text, 0))

-- name: room
-- Of the accounts $1 that have a limit: the limit, what waits, and which of the jobs $2 are among it: a submit that is
-- repeated after a broken connection finds its own. Asked under the lock, in a statement of its own: it sees what the
-- holder before has committed.
SELECT a.id, a.max_queued,
    (SELECT count(*) FROM jobs WHERE account_id = a.id AND state IN ('scheduled', 'queued')) AS waiting,
    (SELECT count(*) FROM jobs WHERE id = ANY ($2::uuid[]) AND account_id = a.id) AS stored
FROM accounts a
WHERE a.id = ANY ($1::uuid[]) AND a.max_queued IS NOT NULL
ORDER BY a.id
