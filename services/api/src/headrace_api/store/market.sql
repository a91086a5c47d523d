-- What machines at large may claim.

-- name: waiting
-- The jobs that may start now, of the accounts $1 or with the model $2, on one of the platforms $3 (null: any), at most
-- $4. A loose scan finds the lanes; of each it looks at the oldest $5, so that a queue of a million jobs of other
-- accounts costs no more than one of a thousand.
WITH RECURSIVE lane AS (
    (
        SELECT released, platform, pool, priority FROM jobs
        WHERE state = 'queued'
        ORDER BY released, platform, pool, priority, id
        LIMIT 1
    )
    UNION ALL
    SELECT following.* FROM lane, LATERAL (
        SELECT j.released, j.platform, j.pool, j.priority FROM jobs j
        WHERE j.state = 'queued'
            AND (j.released, j.platform, j.pool, j.priority)
                > (lane.released, lane.platform, lane.pool, lane.priority)
        ORDER BY j.released, j.platform, j.pool, j.priority, j.id
        LIMIT 1
    ) AS following
)
SELECT job.id, account_id, dialect, model, job.platform, job.pool, job.priority, state, created_at, run_at, timeout_s,
    max_attempts, input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason, staging, approved_at, publishes, publish_at, credits, template_id, retry_of, exit_code,
    asked_priority, retry, queue_timeout_s, start_by, extra_files
FROM lane, LATERAL (
    SELECT * FROM jobs j
    WHERE j.state = 'queued' AND j.released = lane.released AND j.platform = lane.platform AND j.pool = lane.pool
        AND j.priority = lane.priority
    ORDER BY j.id
    LIMIT $5
) AS job
WHERE ($3::text[] IS NULL OR lane.platform = ANY ($3)) AND (job.account_id = ANY ($1::uuid[]) OR job.model = $2)
    AND (job.run_at IS NULL OR job.run_at <= now())
ORDER BY job.priority DESC, job.id
LIMIT $4
