-- What jobs really did, and what they have before them: for the estimates of waiting, time and cost.

-- name: runs
-- Of the $2 jobs of pool $1 that ended last, those that ran to an end.
SELECT model, count(*) AS runs, avg(seconds) AS mean_s,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS median_s
FROM (
    SELECT model, state, extract(epoch FROM finished_at - started_at)::double precision AS seconds
    FROM jobs WHERE pool = $1 AND finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT $2
) AS recent
WHERE state IN ('completed', 'failed', 'staged') AND seconds >= 0
GROUP BY model

-- name: queue
-- What waits in the pool $2 on the platforms $1, by class and account; each class is counted up to $3.
SELECT class.priority, waiting.released, waiting.account_id, count(*) AS jobs
FROM unnest('{0, 1, 2, 3}'::smallint[]) AS class (priority), LATERAL (
    (
        SELECT true AS released, NULL::uuid AS account_id FROM jobs
        WHERE state = 'queued' AND released = true AND platform = ANY ($1::text[]) AND pool = $2
            AND jobs.priority = class.priority
        LIMIT $3
    )
    UNION ALL
    (
        SELECT false, jobs.account_id FROM jobs
        WHERE CASE state WHEN 'queued' THEN NOT released ELSE false END AND platform = ANY ($1::text[]) AND pool = $2
            AND jobs.priority = class.priority
        LIMIT $3
    )
) AS waiting
GROUP BY 1, 2, 3

-- name: servers
-- Who serves the pool $2 on the platforms $1, of the agents that were heard of in the last $3 seconds and of the workers
-- of the dialect $5 (null: none) in the last $6; and what they have in hand, up to $8 jobs. $4: the pool is open to
-- all. $7: of the workers only those of this account (null: of all).
WITH here AS (
    SELECT instance, slots, transport FROM agents
    WHERE gone_at IS NULL AND NOT draining AND seen_at > now() - make_interval(secs => $3)
        AND platform = ANY ($1::text[])
        -- An agent over REST that names no pool takes from all that are open.
        AND ($2 = ANY (pools) OR ($4 AND transport = 'rest' AND pools = '{}'))
        AND NOT EXISTS (SELECT FROM agent_drains WHERE agent_drains.agent = agents.agent)
), held AS (
    -- A claim over REST has no instance: whoever holds it serves the pool, also while it does not ask for more.
    SELECT instance, extract(epoch FROM now() - coalesce(started_at, now()))::double precision AS elapsed_s FROM jobs
    -- The condition of the index, word by word.
    WHERE CASE state WHEN 'queued' THEN released ELSE state IN ('claimed', 'running') END
        AND state IN ('claimed', 'running')
        AND (instance IN (SELECT instance FROM here) OR (instance IS NULL AND pool = $2))
    LIMIT $8
)
SELECT
    (SELECT coalesce(sum(slots), 0)::bigint FROM here WHERE transport <> 'rest') AS slots,
    (SELECT coalesce(sum(slots), 0)::bigint FROM here WHERE transport = 'rest') AS rest,
    (
        SELECT count(*) FROM workers
        WHERE dialect = $5 AND deleted_at IS NULL AND seen_at > now() - make_interval(secs => $6)
            AND status <> 'error' AND platform = ANY ($1::text[]) AND ($7::uuid IS NULL OR account_id = $7)
    ) AS workers,
    (SELECT count(*) FROM held WHERE instance IS NULL) AS holders,
    ARRAY(SELECT elapsed_s FROM held) AS elapsed_s

-- name: price
SELECT price_per_hour FROM pools WHERE name = $1
