-- Moving queued jobs between the record and WORK.

-- name: take
-- The oldest jobs of a lane that wait in the record, marked as released. SKIP LOCKED lets two dispatchers work on
-- one lane without handing a job out twice.
WITH picked AS (
    SELECT id FROM jobs
    WHERE state = 'queued' AND released = false AND platform = $1 AND pool = $2 AND priority = $3
        AND (run_at IS NULL OR run_at <= now())
    ORDER BY id
    LIMIT $4
    FOR UPDATE SKIP LOCKED
)
UPDATE jobs SET released = true, epoch = epoch + 1
FROM picked WHERE jobs.id = picked.id
RETURNING jobs.id, epoch, model, payload, input_key, input_mime, input_name, input_size, created_at, timeout_s,
    attempt, trace

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

-- name: all_heads
-- The same for both kinds at once.
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
SELECT released, platform, pool, priority, id FROM lane

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
