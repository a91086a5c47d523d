-- Reads of jobs. The columns of a JobView, in the order in which `rows.py` takes them.

-- name: view
SELECT id, account_id, dialect, model, platform, pool, priority, asked_priority, state, created_at, run_at, timeout_s, max_attempts,
    input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason, staging, approved_at, publishes, publish_at, credits, template_id, retry_of, exit_code,
    retry, queue_timeout_s, start_by,
    extra_files
FROM jobs
WHERE id = $1

-- name: views
SELECT id, account_id, dialect, model, platform, pool, priority, asked_priority, state, created_at, run_at, timeout_s, max_attempts,
    input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason, staging, approved_at, publishes, publish_at, credits, template_id, retry_of, exit_code,
    retry, queue_timeout_s, start_by,
    extra_files
FROM jobs
WHERE id = ANY ($1::uuid[])

-- name: document
SELECT id, account_id, dialect, model, platform, pool, priority, asked_priority, state, created_at, run_at, timeout_s, max_attempts,
    input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason, staging, approved_at, publishes, publish_at, credits, template_id, retry_of, exit_code,
    retry, queue_timeout_s, start_by,
    extra_files, payload, result, result_meta
FROM jobs
WHERE id = $1

-- name: recent
-- The youngest jobs of account $1.
SELECT id, account_id, dialect, model, platform, pool, priority, asked_priority, state, created_at, run_at, timeout_s, max_attempts,
    input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason, staging, approved_at, publishes, publish_at, credits, template_id, retry_of, exit_code,
    retry, queue_timeout_s, start_by,
    extra_files
FROM jobs
WHERE account_id = $1
ORDER BY id DESC
LIMIT $2

-- name: holder
SELECT account_id, state, attempt, fence, agent, claim_hash, export, input_key, input_mime, input_name, input_size
FROM jobs
WHERE id = $1
