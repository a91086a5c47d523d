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

-- name: store
-- Jobs with what few jobs have, their charges and their publications, in one statement: all or nothing. A second try
-- after a broken connection finds what the first one committed: it charges nothing and changes nothing. $31: as $20 of
-- submit.sql.
WITH limited AS MATERIALIZED (
    SELECT id FROM accounts WHERE id = ANY ($31::uuid[]) AND max_queued IS NOT NULL
), stored AS (
    INSERT INTO jobs (
        id, account_id, dialect, model, payload, platform, pool, priority, state, created_at, run_at,
        timeout_s, max_attempts, input_key, input_mime, input_name, input_size, webhook_url, export, trace,
        staging, publishes, publish_at, credits, template_id, retry_of, retry, queue_timeout_s, start_by
    )
    SELECT id, account_id, dialect, model, payload::json, platform, pool, priority,
        CASE WHEN run_at IS NULL THEN 'queued' ELSE 'scheduled' END, created_at, run_at,
        timeout_s, max_attempts, input_key, input_mime, input_name, input_size, webhook_url, export, trace,
        staging, publishes, publish_at, credits, template_id, retry_of, retry::json, queue_timeout_s,
        GREATEST(created_at, run_at) + make_interval(secs => queue_timeout_s)
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[],
        $9::timestamptz[], $10::timestamptz[], $11::double precision[], $12::smallint[], $13::text[], $14::text[],
        $15::text[], $16::bigint[], $17::text[], $18::boolean[], $19::text[],
        $20::boolean[], $21::boolean[], $22::timestamptz[], $23::smallint[], $24::uuid[], $25::uuid[],
        $26::text[], $27::double precision[]
    ) AS new (
        id, account_id, dialect, model, payload, platform, pool, priority, created_at, run_at,
        timeout_s, max_attempts, input_key, input_mime, input_name, input_size, webhook_url, export, trace,
        staging, publishes, publish_at, credits, template_id, retry_of, retry, queue_timeout_s
    )
    WHERE NOT EXISTS (SELECT FROM limited)
    ON CONFLICT (id) DO NOTHING
    RETURNING id, account_id, credits, retry_of
), replayed AS (
    -- What is repeated is no dead letter any more.
    UPDATE dead_letters SET settled = 'replayed', settled_at = now(), replayed_as = stored.id
    FROM stored
    WHERE stored.retry_of IS NOT NULL AND dead_letters.job_id = stored.retry_of AND dead_letters.settled IS NULL
), charged AS (
    -- Always in the same order: two batches must not wait for each other's accounts.
    SELECT move_credits(account_id, -credits, 'charge', id) AS left_over
    FROM (SELECT id, account_id, credits FROM stored WHERE credits > 0 ORDER BY account_id, id) AS ordered
), published AS (
    INSERT INTO publications (id, job_id, destination_id)
    SELECT p.id, p.job_id, p.destination_id
    FROM unnest($28::uuid[], $29::uuid[], $30::uuid[]) AS p (id, job_id, destination_id)
    JOIN stored ON stored.id = p.job_id
)
SELECT ARRAY(SELECT id FROM limited) AS limited, min(left_over) AS left_over FROM charged

-- name: open_letter
-- A dead letter, locked: who comes second sees what the first made of it.
SELECT settled, replayed_as FROM dead_letters WHERE job_id = $1 FOR UPDATE

-- name: balance
SELECT balance FROM wallets WHERE account_id = $1
