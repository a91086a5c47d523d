-- Endpoints that clients manage. A row may be there already because a job named its address: its id is made of the
-- account and the URL, as the dispatchers make it.

-- name: subscribe
INSERT INTO webhook_endpoints AS e (id, account_id, url, description, events, secret, subscribed)
VALUES (md5($1::uuid::text || $2::text)::uuid, $1, $2, $3, $4, $5, true)
ON CONFLICT (account_id, url) DO UPDATE SET subscribed = true, description = excluded.description,
    events = excluded.events, secret = excluded.secret, old_secret = NULL, old_secret_until = NULL,
    created_at = now(), disabled_at = NULL, disabled_reason = NULL, first_failure_at = NULL, deleted_at = NULL
WHERE NOT e.subscribed
RETURNING id, url, description, events, created_at, disabled_at, disabled_reason, old_secret_until

-- name: list
SELECT id, url, description, events, created_at, disabled_at, disabled_reason,
    CASE WHEN old_secret_until > now() THEN old_secret_until END AS old_secret_until
FROM webhook_endpoints
WHERE account_id = $1 AND subscribed AND deleted_at IS NULL
ORDER BY created_at, id
LIMIT 1000

-- name: get
SELECT id, url, description, events, created_at, disabled_at, disabled_reason,
    CASE WHEN old_secret_until > now() THEN old_secret_until END AS old_secret_until
FROM webhook_endpoints
WHERE account_id = $1 AND id = $2 AND subscribed AND deleted_at IS NULL

-- name: unsubscribe
-- The row stays for jobs that name the address themselves; these are signed with the site's secret again.
UPDATE webhook_endpoints SET subscribed = false, secret = NULL, old_secret = NULL, old_secret_until = NULL,
    events = '{}', deleted_at = now()
WHERE account_id = $1 AND id = $2 AND subscribed AND deleted_at IS NULL
RETURNING id

-- name: rotate
UPDATE webhook_endpoints SET old_secret = secret, old_secret_until = now() + $3::interval, secret = $2 WHERE id = $1

-- name: enable
-- What was held for the endpoint is due now.
WITH enabled AS (
    UPDATE webhook_endpoints SET disabled_at = NULL, disabled_reason = NULL, first_failure_at = NULL WHERE id = $1
)
UPDATE webhook_deliveries SET state = 'pending', next_attempt_at = now() WHERE endpoint_id = $1 AND state = 'held'

-- name: send_test
INSERT INTO webhook_deliveries (id, endpoint_id, job_id, event, created_at, next_attempt_at)
VALUES ($1, $2, NULL, $3, now(), now())

-- name: deliveries
SELECT id, job_id, event, state, created_at, next_attempt_at
FROM webhook_deliveries AS d
WHERE endpoint_id = $1 AND ($3::uuid IS NULL OR (created_at, id) < (
    SELECT created_at, id FROM webhook_deliveries WHERE id = $3 AND endpoint_id = $1
))
ORDER BY created_at DESC, id DESC
LIMIT $2

-- name: attempts
SELECT delivery_id, number, at, status, error, duration_ms, response_head
FROM webhook_attempts
WHERE delivery_id = ANY ($1::uuid[])
ORDER BY delivery_id, number

-- name: redeliver
UPDATE webhook_deliveries SET state = 'pending', next_attempt_at = now() WHERE endpoint_id = $1 AND id = $2
RETURNING id
