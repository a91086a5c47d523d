-- What account $1 used from $2 until before $3.

-- name: jobs
SELECT model, state, count(*) AS jobs,
    coalesce(sum(extract(epoch FROM coalesce(finished_at, now()) - started_at)), 0)::double precision AS run_seconds
FROM jobs
WHERE account_id = $1 AND created_at >= $2 AND created_at < $3
GROUP BY model, state
ORDER BY model, state

-- name: credits
SELECT coalesce(sum(-amount) FILTER (WHERE kind = 'charge'), 0)::bigint AS charged,
    coalesce(sum(amount) FILTER (WHERE kind = 'refund'), 0)::bigint AS refunded,
    coalesce(sum(amount) FILTER (WHERE kind = 'grant'), 0)::bigint AS granted
FROM ledger
WHERE for_account = $1 AND account_id IS NOT NULL AND at >= $2 AND at < $3
