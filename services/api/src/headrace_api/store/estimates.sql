-- What jobs really did: for the estimates of waiting, time and cost.

-- name: runs
-- Of the $1 youngest jobs (ids sort by age), those that ran to an end.
SELECT pool, model, count(*) AS runs, avg(seconds) AS mean_s,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_s
FROM (
    SELECT pool, model, state, extract(epoch FROM finished_at - started_at)::double precision AS seconds
    FROM jobs ORDER BY id DESC LIMIT $1
) AS recent
WHERE state IN ('completed', 'failed', 'staged') AND seconds >= 0
GROUP BY pool, model

-- name: load
-- Of the lanes ($1 platforms, $2 pool, $3 priority): jobs that go before job $4 (null: before a new one) counted up to $6, what is held of the pool,
-- and the slots of the agents of the pool that were heard of in the last $5 seconds. $7: the pool is open to all.
SELECT
    (
        SELECT count(*) FROM (
            SELECT FROM jobs
            -- Every column of the index jobs_waiting is named.
            WHERE state = 'queued' AND released IN (true, false) AND platform = ANY ($1::text[]) AND pool = $2
                AND (priority > $3 OR (priority = $3 AND ($4::uuid IS NULL OR id < $4)))
            LIMIT $6
        ) AS waiting
    ) AS ahead,
    (SELECT count(*) FROM jobs WHERE state IN ('claimed', 'running') AND released AND pool = $2)
        + (SELECT count(*) FROM leases JOIN jobs ON jobs.id = leases.job_id
            WHERE leases.ack_subject IS NULL AND jobs.pool = $2 AND jobs.state IN ('claimed', 'running')
                AND NOT jobs.released) AS running,
    here.slots, here.rest
FROM (
    SELECT coalesce(sum(slots) FILTER (WHERE transport <> 'rest'), 0)::bigint AS slots,
        coalesce(sum(slots) FILTER (WHERE transport = 'rest'), 0)::bigint AS rest
    FROM agents
    WHERE gone_at IS NULL AND NOT draining AND seen_at > now() - make_interval(secs => $5)
        AND platform = ANY ($1::text[])
        -- An agent over REST that names no pool takes from all that are open ($7).
        AND ($2 = ANY (pools) OR ($7 AND transport = 'rest' AND pools = '{}'))
) AS here

-- name: price
SELECT price_per_hour FROM pools WHERE name = $1
