-- What is due to be put on HOOKS and PUBLISH. Several relays may take at once: each gets rows of its own.
-- next_attempt_at moves on by a grace, so that a message that is lost is relayed again and nothing else is needed.

-- name: take_due_deliveries
WITH due AS (
    SELECT id
    FROM webhook_deliveries
    WHERE state = 'pending' AND next_attempt_at <= now()
    ORDER BY next_attempt_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE webhook_deliveries AS d
    SET next_attempt_at = now() + make_interval(secs => $2)
    FROM due
    WHERE d.id = due.id
    RETURNING d.id, d.endpoint_id, d.job_id, d.attempts
)
SELECT moved.id, moved.endpoint_id, moved.attempts, jobs.trace
FROM moved LEFT JOIN jobs ON jobs.id = moved.job_id
ORDER BY moved.id;

-- name: take_due_exports
WITH due AS (
    SELECT job_id
    FROM exports
    WHERE state = 'pending' AND next_attempt_at <= now()
    ORDER BY next_attempt_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE exports AS e
    SET next_attempt_at = now() + make_interval(secs => $2)
    FROM due
    WHERE e.job_id = due.job_id
    RETURNING e.job_id
)
SELECT moved.job_id, jobs.trace
FROM moved JOIN jobs ON jobs.id = moved.job_id
ORDER BY moved.job_id;

-- name: take_due_publications
WITH due AS (
    SELECT id
    FROM publications
    WHERE state = 'pending' AND next_attempt_at <= now()
    ORDER BY next_attempt_at
    LIMIT $1
    FOR UPDATE SKIP LOCKED
), moved AS (
    UPDATE publications AS p
    SET next_attempt_at = now() + make_interval(secs => $2)
    FROM due
    WHERE p.id = due.id
    RETURNING p.id, p.job_id
)
SELECT moved.id, jobs.trace
FROM moved JOIN jobs ON jobs.id = moved.job_id
ORDER BY moved.id;
