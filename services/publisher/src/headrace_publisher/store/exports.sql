-- Exports of results: one row a job, written by the dispatcher with the outcome.

-- name: state
SELECT state, attempts FROM exports WHERE job_id = $1;

-- name: exported
UPDATE exports SET state = 'exported', attempts = attempts + 1, next_attempt_at = NULL, error = NULL
WHERE job_id = $1 AND state = 'pending';

-- name: put_off
UPDATE exports SET attempts = attempts + 1, next_attempt_at = now() + make_interval(secs => $2), error = $3
WHERE job_id = $1 AND state = 'pending';

-- name: failed
UPDATE exports SET state = 'failed', attempts = attempts + 1, next_attempt_at = NULL, error = $2
WHERE job_id = $1 AND state = 'pending';
