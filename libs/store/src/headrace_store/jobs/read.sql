-- Reads of jobs. The columns of a JobView, in the order in which `rows.py` takes them.

-- name: view
SELECT id, account_id, dialect, model, platform, pool, priority, state, created_at, run_at, timeout_s, max_attempts,
    input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason
FROM jobs
WHERE id = $1

-- name: document
SELECT id, account_id, dialect, model, platform, pool, priority, state, created_at, run_at, timeout_s, max_attempts,
    input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason, payload, result, result_meta
FROM jobs
WHERE id = $1

-- name: recent
SELECT id, account_id, dialect, model, platform, pool, priority, state, created_at, run_at, timeout_s, max_attempts,
    input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason
FROM jobs
ORDER BY id DESC
LIMIT $1

-- name: holder
SELECT state, attempt, claim_hash, export, input_key, input_mime, input_name, input_size
FROM jobs
WHERE id = $1
