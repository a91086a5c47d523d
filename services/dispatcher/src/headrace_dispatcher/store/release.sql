-- Moving queued jobs between the record and WORK.

-- name: take
-- The next jobs of a lane that wait in the record, marked as released, in the order in which they go: tenants take
-- turns (ADR 0022). Whoever has the least in motion in the lane comes first, then whoever was served longest ago, then
-- the oldest job. $5: accounts with a limit on what is in motion whose locks the caller holds (`limits.sql`); others with a limit
-- wait. `more`: of some tenant not all was looked at.
-- `waiting` is a loose scan, one probe of the index a tenant. SKIP LOCKED lets two dispatchers work on one lane without
-- handing a job out twice; where one of them was faster, the other gets less.
WITH RECURSIVE waiting AS (
    SELECT head.* FROM (
        SELECT platform, pool, priority, account_id FROM jobs
        WHERE CASE state WHEN 'queued' THEN NOT released ELSE false END
            AND (platform, pool, priority, account_id) >= ($1, $2, $3, '00000000-0000-0000-0000-000000000000'::uuid)
        ORDER BY platform, pool, priority, account_id
        LIMIT 1
    ) AS head
    WHERE head.platform = $1 AND head.pool = $2 AND head.priority = $3
        AND NOT EXISTS (SELECT FROM paused_pools WHERE paused_pools.pool = $2)
    UNION ALL
    SELECT following.* FROM waiting, LATERAL (
        SELECT j.platform, j.pool, j.priority, j.account_id FROM jobs j
        WHERE CASE j.state WHEN 'queued' THEN NOT j.released ELSE false END
            AND (j.platform, j.pool, j.priority, j.account_id)
                > (waiting.platform, waiting.pool, waiting.priority, waiting.account_id)
        ORDER BY j.platform, j.pool, j.priority, j.account_id
        LIMIT 1
    ) AS following
    WHERE following.platform = $1 AND following.pool = $2 AND following.priority = $3
), tenant AS MATERIALIZED (
    SELECT waiting.account_id, a.max_running, count(*) OVER () AS tenants
    FROM waiting JOIN accounts a ON a.id = waiting.account_id
    WHERE a.max_running IS NULL OR a.id = ANY ($5::uuid[])
), share AS MATERIALIZED (
    SELECT t.account_id,
        -- A tenant alone needs no turn. Counted up to 256: beyond that turns alone decide.
        CASE WHEN t.tenants > 1 THEN (SELECT count(*) FROM (
            SELECT FROM jobs m
            WHERE m.account_id = t.account_id AND m.platform = $1 AND m.pool = $2 AND m.priority = $3
                AND CASE m.state WHEN 'queued' THEN m.released ELSE m.state IN ('claimed', 'running') END
            LIMIT 256
        ) AS moving) ELSE 0 END AS in_motion,
        (SELECT served_at FROM lane_turns l WHERE t.tenants > 1
            AND l.platform = $1 AND l.pool = $2 AND l.priority = $3 AND l.account_id = t.account_id) AS served_at,
        -- Of many tenants a part of each queue is enough.
        LEAST($4, GREATEST(16, 65536 / t.tenants)) AS looked_at,
        -- What its limit leaves; null = it has none.
        CASE WHEN t.max_running IS NOT NULL THEN GREATEST(0, t.max_running - (
            SELECT count(*) FROM jobs m
            WHERE m.account_id = t.account_id
                AND CASE m.state WHEN 'queued' THEN m.released ELSE m.state IN ('claimed', 'running') END
        )) END AS allowed
    FROM tenant t
), candidate AS MATERIALIZED (
    SELECT own.id, s.account_id,
        row_number() OVER (ORDER BY s.in_motion + own.place, s.served_at NULLS FIRST, own.id) AS turn,
        bool_or(own.place = s.looked_at) OVER () AS more
    FROM share s, LATERAL (
        SELECT oldest.id, row_number() OVER (ORDER BY oldest.id) AS place FROM (
            SELECT id FROM jobs
            WHERE CASE state WHEN 'queued' THEN NOT released ELSE false END
                AND platform = $1 AND pool = $2 AND priority = $3 AND account_id = s.account_id
                AND (run_at IS NULL OR run_at <= now())
            ORDER BY platform, pool, priority, account_id, id
            LIMIT LEAST(s.looked_at, s.allowed)
        ) AS oldest
    ) AS own
    ORDER BY turn
    LIMIT $4
), picked AS MATERIALIZED (
    SELECT jobs.id, candidate.account_id, candidate.turn, candidate.more FROM candidate JOIN jobs ON jobs.id = candidate.id
    -- As CASE, so that the planner takes the primary key and does not walk the index of all that waits.
    WHERE CASE jobs.state WHEN 'queued' THEN NOT jobs.released ELSE false END
    ORDER BY candidate.turn
    FOR UPDATE OF jobs SKIP LOCKED
), served AS (
    INSERT INTO lane_turns (platform, pool, priority, account_id, served_at)
    SELECT $1, $2, $3, account_id, now() + max(turn) * interval '1 microsecond' FROM picked
    WHERE (SELECT max(tenants) FROM tenant) > 1
    GROUP BY account_id
    ORDER BY account_id
    ON CONFLICT (platform, pool, priority, account_id) DO UPDATE SET served_at = excluded.served_at
)
UPDATE jobs SET released = true, epoch = epoch + 1
FROM picked WHERE jobs.id = picked.id
RETURNING jobs.id, epoch, model, payload, input_key, input_mime, input_name, input_size, created_at, timeout_s,
    attempt, trace, turn, more

-- name: put_back
-- Undo a release whose message did not reach WORK.
UPDATE jobs SET released = false
FROM unnest($1::uuid[], $2::integer[]) AS r (id, epoch)
WHERE jobs.id = r.id AND jobs.epoch = r.epoch
    -- As CASE, so that the planner takes the primary key and does not walk the index of all that waits.
    AND CASE jobs.state WHEN 'queued' THEN jobs.released ELSE false END

-- name: heads
-- The oldest waiting job of each lane, unreleased ($1 = false) or in WORK (true). A loose scan: one index probe a
-- lane, however long the queue is.
WITH RECURSIVE lane AS (
    (
        SELECT platform, pool, priority, id FROM jobs
        WHERE state = 'queued' AND released = $1
        ORDER BY platform, pool, priority, id
        LIMIT 1
    )
    UNION ALL
    SELECT following.* FROM lane, LATERAL (
        SELECT j.platform, j.pool, j.priority, j.id FROM jobs j
        WHERE j.state = 'queued' AND j.released = $1
            AND (j.platform, j.pool, j.priority) > (lane.platform, lane.pool, lane.priority)
        ORDER BY j.platform, j.pool, j.priority, j.id
        LIMIT 1
    ) AS following
)
SELECT platform, pool, priority, id FROM lane

-- name: look
-- What a claim looks at: the heads of both kinds, without those of paused pools, and the agents that take nothing.
WITH RECURSIVE lane AS (
    (
        SELECT released, platform, pool, priority, id FROM jobs
        WHERE state = 'queued'
        ORDER BY released, platform, pool, priority, id
        LIMIT 1
    )
    UNION ALL
    SELECT following.* FROM lane, LATERAL (
        SELECT j.released, j.platform, j.pool, j.priority, j.id FROM jobs j
        WHERE j.state = 'queued'
            AND (j.released, j.platform, j.pool, j.priority)
                > (lane.released, lane.platform, lane.pool, lane.priority)
        ORDER BY j.released, j.platform, j.pool, j.priority, j.id
        LIMIT 1
    ) AS following
)
SELECT released, platform, pool, priority, id, NULL AS drained FROM lane
WHERE NOT EXISTS (SELECT FROM paused_pools WHERE paused_pools.pool = lane.pool)
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, agent FROM agent_drains

-- name: in_motion
-- What should be one message in WORK: released some time ago and not final.
SELECT id, platform, pool, priority, state, epoch, fence, instance FROM jobs
WHERE released AND state IN ('queued', 'claimed', 'running')

-- name: due
-- Scheduled jobs whose time has come.
WITH ready AS (
    SELECT id FROM jobs WHERE state = 'scheduled' AND run_at <= now()
    ORDER BY run_at LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET state = 'queued' FROM ready WHERE jobs.id = ready.id
RETURNING jobs.id, account_id, state, attempt, agent, platform, pool, priority

-- name: set_run_at
-- A locked job that waits gets another time. One in the future takes it out of the queue; $3: no attempt up to this
-- fence starts any more, should its message have been fetched already.
UPDATE jobs SET
    run_at = $2,
    state = CASE WHEN $2 > now() THEN 'scheduled' ELSE 'queued' END,
    released = CASE WHEN $2 > now() THEN false ELSE released END,
    fence = CASE WHEN $2 > now() THEN GREATEST(fence, $3) ELSE fence END,
    -- Its queue timeout begins anew.
    start_by = CASE WHEN start_by IS NOT NULL THEN GREATEST(now(), $2) + make_interval(secs => queue_timeout_s) END
WHERE id = $1
RETURNING id, account_id, state, attempt, agent, platform, pool, priority, epoch

-- name: set_priority
-- A locked job that waits goes on waiting in the class $2. It leaves WORK when that is another one; $3: no attempt up
-- to this fence starts any more, should its message have been fetched already.
UPDATE jobs SET
    priority = $2,
    asked_priority = NULL,
    fence = CASE WHEN jobs.released AND old.priority <> $2 THEN GREATEST(jobs.fence, $3) ELSE jobs.fence END,
    released = jobs.released AND old.priority = $2
FROM (SELECT id, priority FROM jobs WHERE id = $1) AS old
WHERE jobs.id = old.id
RETURNING platform, pool, jobs.priority, old.priority AS before
