-- Lists of an account's jobs. Every filter may be null; ids sort by age.

-- name: page_down
-- Youngest first.
SELECT id, account_id, dialect, model, platform, pool, priority, asked_priority, state, created_at, run_at, timeout_s, max_attempts,
    input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason, staging, approved_at, publishes, publish_at, credits, template_id, retry_of, exit_code,
    retry, queue_timeout_s, start_by,
    extra_files, CASE WHEN $12 THEN payload END AS payload
FROM jobs
WHERE account_id = $1 AND ($2::text[] IS NULL OR model = ANY ($2)) AND ($3::text[] IS NULL OR state = ANY ($3))
    AND ($4::text IS NULL OR agent = $4) AND ($5::timestamptz IS NULL OR created_at >= $5)
    AND ($6::timestamptz IS NULL OR created_at < $6) AND ($7::boolean IS NULL OR publishes = $7)
    AND ($8::boolean IS NULL OR state <> 'staged' OR (approved_at IS NOT NULL) = $8)
    AND ($9::uuid IS NULL OR id < $9)
ORDER BY id DESC
LIMIT $10 OFFSET $11

-- name: page_up
-- Oldest first.
SELECT id, account_id, dialect, model, platform, pool, priority, asked_priority, state, created_at, run_at, timeout_s, max_attempts,
    input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason, staging, approved_at, publishes, publish_at, credits, template_id, retry_of, exit_code,
    retry, queue_timeout_s, start_by,
    extra_files, CASE WHEN $12 THEN payload END AS payload
FROM jobs
WHERE account_id = $1 AND ($2::text[] IS NULL OR model = ANY ($2)) AND ($3::text[] IS NULL OR state = ANY ($3))
    AND ($4::text IS NULL OR agent = $4) AND ($5::timestamptz IS NULL OR created_at >= $5)
    AND ($6::timestamptz IS NULL OR created_at < $6) AND ($7::boolean IS NULL OR publishes = $7)
    AND ($8::boolean IS NULL OR state <> 'staged' OR (approved_at IS NOT NULL) = $8)
    AND ($9::uuid IS NULL OR id > $9)
ORDER BY id
LIMIT $10 OFFSET $11

-- name: page_sorted
-- By another column; $13 is its name, $14 true for descending.
SELECT id, account_id, dialect, model, platform, pool, priority, asked_priority, state, created_at, run_at, timeout_s, max_attempts,
    input_key, input_mime, input_name, input_size, webhook_url, export, trace, attempt, agent, started_at,
    progress, progress_message, finished_at, result_ref, file_key, file_name, file_mime, file_size,
    failure_code, failure_reason, staging, approved_at, publishes, publish_at, credits, template_id, retry_of, exit_code,
    retry, queue_timeout_s, start_by,
    extra_files, CASE WHEN $12 THEN payload END AS payload
FROM jobs
WHERE account_id = $1 AND ($2::text[] IS NULL OR model = ANY ($2)) AND ($3::text[] IS NULL OR state = ANY ($3))
    AND ($4::text IS NULL OR agent = $4) AND ($5::timestamptz IS NULL OR created_at >= $5)
    AND ($6::timestamptz IS NULL OR created_at < $6) AND ($7::boolean IS NULL OR publishes = $7)
    AND ($8::boolean IS NULL OR state <> 'staged' OR (approved_at IS NOT NULL) = $8)
    AND ($9::uuid IS NULL OR id < $9)
ORDER BY
    CASE WHEN NOT $14 THEN CASE $13::text WHEN 'started_at' THEN started_at WHEN 'finished_at' THEN finished_at END END,
    CASE WHEN $14 THEN CASE $13::text WHEN 'started_at' THEN started_at WHEN 'finished_at' THEN finished_at END END
        DESC NULLS LAST,
    CASE WHEN NOT $14 THEN CASE $13::text WHEN 'state' THEN state WHEN 'model' THEN model WHEN 'agent' THEN agent END END,
    CASE WHEN $14 THEN CASE $13::text WHEN 'state' THEN state WHEN 'model' THEN model WHEN 'agent' THEN agent END END
        DESC NULLS LAST,
    CASE WHEN NOT $14 THEN CASE $13::text WHEN 'priority' THEN priority END END,
    CASE WHEN $14 THEN CASE $13::text WHEN 'priority' THEN priority END END DESC NULLS LAST,
    id DESC
LIMIT $10 OFFSET $11

-- name: total
SELECT count(*) FROM jobs
WHERE account_id = $1 AND ($2::text[] IS NULL OR model = ANY ($2)) AND ($3::text[] IS NULL OR state = ANY ($3))
    AND ($4::text IS NULL OR agent = $4) AND ($5::timestamptz IS NULL OR created_at >= $5)
    AND ($6::timestamptz IS NULL OR created_at < $6) AND ($7::boolean IS NULL OR publishes = $7)
    AND ($8::boolean IS NULL OR state <> 'staged' OR (approved_at IS NOT NULL) = $8)

-- name: output
-- The lines of a job's current or last attempt after line $3, at most $4 of them.
SELECT o.seq, o.stream, o.text, o.ref, o.size, o.at FROM job_output o JOIN jobs j ON j.id = o.job_id AND j.fence = o.fence
WHERE o.job_id = $1 AND ($2::text IS NULL OR o.stream = $2) AND o.seq > $3
ORDER BY o.seq
LIMIT $4

-- name: publications
SELECT d.name, d.platform, p.state, p.url, p.remote_id, p.error, p.attempts, p.next_attempt_at, p.finished_at
FROM publications p JOIN destinations d ON d.id = p.destination_id
WHERE p.job_id = ANY ($1::uuid[])
ORDER BY p.id

-- name: attempts
-- Attempts that ended while the job went on.
SELECT number, agent, started_at, ended_at, outcome, reason FROM attempts WHERE job_id = $1 ORDER BY fence
