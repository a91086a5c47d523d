-- Jobs that have waited so long that they rise a class.

-- name: turn
-- Not by Singletons: this way one connection does both.
SELECT pg_try_advisory_xact_lock($1)

-- name: grown
-- Up to $2 jobs that have waited for a period of $1 seconds or more in the class that they asked for, or for two in the
-- next one: one probe of the index each. What somebody has under lock waits for the next round.
WITH due AS (
    SELECT id FROM (
        (
            SELECT id FROM jobs
            WHERE CASE state WHEN 'queued' THEN priority < 2 ELSE false END
                AND priority = 0 AND COALESCE(asked_priority, priority) = 0
                AND GREATEST(created_at, run_at) <= now() - make_interval(secs => $1)
            ORDER BY GREATEST(created_at, run_at)
            LIMIT $2
        )
        UNION ALL
        (
            SELECT id FROM jobs
            WHERE CASE state WHEN 'queued' THEN priority < 2 ELSE false END
                AND priority = 1 AND COALESCE(asked_priority, priority) = 1
                AND GREATEST(created_at, run_at) <= now() - make_interval(secs => $1)
            ORDER BY GREATEST(created_at, run_at)
            LIMIT $2
        )
        UNION ALL
        (
            SELECT id FROM jobs
            WHERE CASE state WHEN 'queued' THEN priority < 2 ELSE false END
                AND priority = 1 AND COALESCE(asked_priority, priority) = 0
                AND GREATEST(created_at, run_at) <= now() - make_interval(secs => 2 * $1)
            ORDER BY GREATEST(created_at, run_at)
            LIMIT $2
        )
    ) AS found
    LIMIT $2
)
SELECT jobs.id, jobs.platform, jobs.pool, jobs.priority, jobs.released, jobs.epoch,
    COALESCE(jobs.asked_priority, jobs.priority) AS asked,
    EXTRACT(epoch FROM now() - GREATEST(jobs.created_at, jobs.run_at))::double precision AS waited_s
FROM due JOIN jobs ON jobs.id = due.id
WHERE CASE jobs.state WHEN 'queued' THEN jobs.priority < 2 ELSE false END
FOR UPDATE OF jobs SKIP LOCKED

-- name: lift
-- Locked jobs rise to a class. One that waits in WORK waits in the record again, and no attempt of its last release
-- starts any more. $3: so many fencing tokens has a release.
UPDATE jobs SET
    asked_priority = COALESCE(asked_priority, jobs.priority),
    priority = up.priority,
    fence = CASE WHEN released THEN GREATEST(fence, (epoch::bigint + 1) * $3 - 1) ELSE fence END,
    released = false
FROM unnest($1::uuid[], $2::smallint[]) AS up (id, priority)
WHERE jobs.id = up.id
