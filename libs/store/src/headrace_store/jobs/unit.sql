-- The submit of jobs with something beside them: all of it in one transaction.

-- name: reserve_key
-- Ours when a row comes back; a key older than $7 hours is free again. A second submit waits here for the first.
INSERT INTO idempotency_keys (account_id, dialect, key, fingerprint, job_ids, created_at)
VALUES ($1, $2, $3, $4, $5::uuid[], $6)
ON CONFLICT (account_id, dialect, key) DO UPDATE
SET fingerprint = excluded.fingerprint, job_ids = excluded.job_ids, created_at = excluded.created_at
WHERE idempotency_keys.created_at < excluded.created_at - make_interval(hours => $7)
RETURNING key

-- name: known_key
SELECT fingerprint, job_ids FROM idempotency_keys WHERE account_id = $1 AND dialect = $2 AND key = $3

-- name: extend
-- What few jobs have.
UPDATE jobs SET staging = e.staging, publishes = e.publishes, publish_at = e.publish_at, credits = e.credits,
    template_id = e.template_id, retry_of = e.retry_of
FROM unnest($1::uuid[], $2::boolean[], $3::boolean[], $4::timestamptz[], $5::smallint[], $6::uuid[], $7::uuid[])
    AS e (id, staging, publishes, publish_at, credits, template_id, retry_of)
WHERE jobs.id = e.id

-- name: charge
SELECT move_credits($1, -$2::bigint, 'charge', $3)

-- name: balance
SELECT balance FROM wallets WHERE account_id = $1

-- name: publications
INSERT INTO publications (id, job_id, destination_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[])
