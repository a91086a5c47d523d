-- The hot path of submit: many jobs in one statement.

-- name: insert_jobs
-- A second try after a broken connection finds what the first one committed, and leaves it. When one of the accounts
-- $20 has a limit on what it may have waiting, nothing is stored and those that have one come back (quota.sql).
WITH limited AS MATERIALIZED (
    SELECT id FROM accounts WHERE id = ANY ($20::uuid[]) AND max_queued IS NOT NULL
), stored AS (
    INSERT INTO jobs (
        id, account_id, dialect, model, payload, platform, pool, priority, state, created_at, run_at,
        timeout_s, max_attempts, input_key, input_mime, input_name, input_size, webhook_url, export, trace
    )
    SELECT id, account_id, dialect, model, payload::json, platform, pool, priority,
        CASE WHEN run_at IS NULL THEN 'queued' ELSE 'scheduled' END, created_at, run_at,
        timeout_s, max_attempts, input_key, input_mime, input_name, input_size, webhook_url, export, trace
    FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[],
        $9::timestamptz[], $10::timestamptz[], $11::double precision[], $12::smallint[], $13::text[], $14::text[],
        $15::text[], $16::bigint[], $17::text[], $18::boolean[], $19::text[]
    ) AS new (
        id, account_id, dialect, model, payload, platform, pool, priority, created_at, run_at,
        timeout_s, max_attempts, input_key, input_mime, input_name, input_size, webhook_url, export, trace
    )
    WHERE NOT EXISTS (SELECT FROM limited)
    ON CONFLICT (id) DO NOTHING
)
SELECT id FROM limited
