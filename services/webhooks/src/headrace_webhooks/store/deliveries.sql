-- One delivery from its message to its recorded attempt.

-- name: load
SELECT d.id, d.endpoint_id, d.job_id, d.created_at, d.state, d.attempts,
    e.url, e.secret, e.disabled_at, e.first_failure_at
FROM webhook_deliveries AS d
JOIN webhook_endpoints AS e ON e.id = d.endpoint_id
WHERE d.id = $1;

-- name: insert_attempt
INSERT INTO webhook_attempts (delivery_id, number, at, status, error, duration_ms, response_head)
SELECT $1, $2, $3, $4, $5, $6, $7
WHERE EXISTS (SELECT FROM webhook_deliveries WHERE id = $1)
ON CONFLICT (delivery_id, number) DO NOTHING
RETURNING number;

-- name: advance
-- The guards make a late or repeated report change nothing.
UPDATE webhook_deliveries
SET attempts = $2, state = $3, next_attempt_at = now() + make_interval(secs => $4)
WHERE id = $1 AND attempts = $2 - 1 AND state = 'pending';

-- name: endpoint_succeeded
UPDATE webhook_endpoints SET first_failure_at = NULL WHERE id = $1 AND first_failure_at IS NOT NULL;

-- name: endpoint_failed
UPDATE webhook_endpoints SET first_failure_at = $2 WHERE id = $1 AND first_failure_at IS NULL;

-- name: disable_endpoint
UPDATE webhook_endpoints SET disabled_at = $2, disabled_reason = $3 WHERE id = $1 AND disabled_at IS NULL;

-- name: hold
UPDATE webhook_deliveries SET state = 'held', next_attempt_at = NULL WHERE id = $1 AND state = 'pending';

-- name: put_off
UPDATE webhook_deliveries SET next_attempt_at = now() + make_interval(secs => $2)
WHERE id = $1 AND state = 'pending';
