-- What the checker reads, and the audit that it relies on. For the chaos runner's own stack only.

-- name: install_audit
CREATE TABLE chaos_moves (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    job_id uuid NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    from_state text NOT NULL,
    to_state text NOT NULL,
    from_fence bigint NOT NULL,
    to_fence bigint NOT NULL,
    attempt smallint NOT NULL
);
CREATE FUNCTION chaos_note_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO chaos_moves (job_id, from_state, to_state, from_fence, to_fence, attempt)
    VALUES (NEW.id, OLD.state, NEW.state, OLD.fence, NEW.fence, NEW.attempt);
    RETURN NULL;
END $$;
CREATE TRIGGER chaos_audit AFTER UPDATE ON jobs
FOR EACH ROW WHEN (OLD.state <> NEW.state OR OLD.fence <> NEW.fence)
EXECUTE FUNCTION chaos_note_move();

-- name: unfinished
SELECT
    (SELECT count(*) FROM jobs WHERE state NOT IN ('completed', 'failed', 'cancelled')) AS jobs,
    (SELECT count(*) FROM webhook_deliveries WHERE state = 'pending') AS webhooks,
    (SELECT count(*) FROM exports WHERE state = 'pending') AS exports;

-- name: jobs
SELECT id, account_id, dialect, model, payload::text AS payload, priority, asked_priority, state, attempt, max_attempts,
    fence, created_at, run_at, started_at, finished_at, result::text AS result, result_ref, file_key, input_key,
    failure_code, failure_reason, credits
FROM jobs ORDER BY id;

-- name: attempts
SELECT job_id, fence, number, agent, outcome, reason FROM attempts;

-- name: moves
SELECT job_id, at, from_state, to_state, from_fence, to_fence, attempt FROM chaos_moves ORDER BY id;

-- name: deliveries
SELECT id, job_id, endpoint_id, event, state FROM webhook_deliveries WHERE job_id IS NOT NULL;

-- name: exports
SELECT job_id, state FROM exports;

-- name: ledger
SELECT move_id, account_id, for_account, amount, kind, job_id FROM ledger;

-- name: wallets
SELECT account_id, balance FROM wallets;

-- name: keys
SELECT dialect, key, job_ids FROM idempotency_keys;

-- name: output
SELECT o.job_id, o.fence, o.text, o.ref
FROM job_output o JOIN jobs j ON j.id = o.job_id
WHERE j.state = 'completed'
ORDER BY o.job_id, o.fence, o.seq;
