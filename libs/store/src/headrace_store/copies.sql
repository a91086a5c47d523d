-- What a backup notes of the record, and what a restored record needs before it is used.

-- name: schema
SELECT number, name, digest FROM migrations ORDER BY number

-- name: jobs
SELECT state, count(*) AS jobs FROM jobs GROUP BY state ORDER BY state

-- name: objects
-- Every object that the record counts on.
SELECT input_key AS key FROM jobs WHERE input_key IS NOT NULL
UNION SELECT file_key FROM jobs WHERE file_key IS NOT NULL
UNION SELECT result_ref FROM jobs WHERE result_ref IS NOT NULL
UNION SELECT e ->> 'key' FROM jobs, json_array_elements(extra_files) AS e
UNION SELECT ref FROM job_output WHERE ref IS NOT NULL
UNION SELECT 'results/' || job_id || '/result.json' FROM exports WHERE state = 'exported'
UNION SELECT key FROM files WHERE size IS NOT NULL AND deleted_at IS NULL AND expires_at > now()

-- name: skip_ahead
-- What happened after the copy was made is forgotten, but not by agents that are still there: their tokens of attempts
-- must not be handed out a second time.
UPDATE jobs SET epoch = epoch + 65536 + floor(random() * 65536)::integer
WHERE state NOT IN ('completed', 'failed', 'cancelled')

-- name: all_gone
-- An agent that is there says so within seconds; the jobs of all others need not wait for its silence.
UPDATE agents SET gone_at = now(), running = '{}' WHERE gone_at IS NULL
