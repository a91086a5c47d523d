-- One delivery from its message to its recorded attempt.

-- name: load
-- After a rotation the old secret signs too for a while.
SELECT d.id, d.endpoint_id, d.job_id, d.event, d.created_at, d.state, d.attempts,
    e.url, CASE WHEN e.old_secret_until > now() THEN concat_ws(' ', e.secret, e.old_secret) ELSE e.secret END AS secret,
    e.disabled_at, e.first_failure_at
FROM webhook_deliveries AS d
JOIN webhook_endpoints AS e ON e.id = d.endpoint_id
WHERE d.id = $1;

-- name: record
-- One attempt, its delivery and its endpoint in one statement, which is one transaction. The guards make a late or
-- repeated report change nothing; an endpoint without news is not written.
-- $1 delivery, $2 attempt number, $3 at, $4 status, $5 error, $6 duration, $7 head; $8 state, $9 delay in seconds;
-- $10 endpoint, $11 success, $12 reason to disable it
WITH fresh AS (
    INSERT INTO webhook_attempts (delivery_id, number, at, status, error, duration_ms, response_head)
    SELECT $1, $2, $3, $4, $5, $6, $7
    WHERE EXISTS (SELECT FROM webhook_deliveries WHERE id = $1)
    ON CONFLICT (delivery_id, number) DO NOTHING
    RETURNING number
), advanced AS (
    UPDATE webhook_deliveries
    SET attempts = $2, state = $8, next_attempt_at = now() + make_interval(secs => $9)
    WHERE id = $1 AND attempts = $2 - 1 AND state = 'pending' AND EXISTS (SELECT FROM fresh)
), endpoint AS (
    UPDATE webhook_endpoints
    SET first_failure_at = CASE WHEN $11::boolean THEN NULL ELSE coalesce(first_failure_at, $3::timestamptz) END,
        disabled_at = coalesce(disabled_at, CASE WHEN $12::text IS NOT NULL THEN $3::timestamptz END),
        disabled_reason = coalesce(disabled_reason, $12::text)
    WHERE id = $10 AND EXISTS (SELECT FROM fresh)
        AND ((first_failure_at IS NULL) <> $11::boolean OR ($12::text IS NOT NULL AND disabled_at IS NULL))
)
SELECT number FROM fresh;

-- name: hold
UPDATE webhook_deliveries SET state = 'held', next_attempt_at = NULL WHERE id = $1 AND state = 'pending';

-- name: put_off
UPDATE webhook_deliveries SET next_attempt_at = now() + make_interval(secs => $2)
WHERE id = $1 AND state = 'pending';
