-- name: register
INSERT INTO workers
    (id, account_id, dialect, name, platform, hostname, cpu_count, memory_mb, metadata, tags, token_hash)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING registered_at

-- name: by_token
SELECT workers.id, account_id, dialect, workers.name, platform, token_hash
FROM workers JOIN accounts ON accounts.id = account_id
WHERE token_hash = $1 AND deleted_at IS NULL AND disabled_at IS NULL

-- name: seen
-- At most once a second: a worker that streams output calls often.
UPDATE workers SET seen_at = now() WHERE id = $1 AND deleted_at IS NULL AND seen_at < now() - interval '1 second'

-- name: heartbeat
UPDATE workers
SET status = $2, jobs_completed = coalesce($3, jobs_completed), seen_at = now()
WHERE id = $1 AND deleted_at IS NULL
RETURNING id

-- name: get
-- $4: seconds of silence after which it is offline.
SELECT id, account_id, dialect, name, platform, hostname, cpu_count, memory_mb, metadata, tags, status,
    jobs_completed, registered_at, seen_at,
    CASE
        WHEN seen_at <= now() - make_interval(secs => $4) THEN 'offline'
        WHEN status = 'error' THEN 'error'
        ELSE 'online'
    END AS presence,
    ARRAY(SELECT job_id FROM leases WHERE worker_id = workers.id ORDER BY job_id) AS held
FROM workers
WHERE account_id = $1 AND deleted_at IS NULL
    AND ($2::uuid IS NULL OR id = $2) AND ($3::text IS NULL OR (dialect = 'jobserver' AND name = $3))

-- name: list
-- $1 account (null: all), $2 dialect, $3 presences, $4 tags (all of them), $5 silence, $6 sort key, $7 descending.
WITH found AS (
    SELECT *,
        CASE
            WHEN seen_at <= now() - make_interval(secs => $5) THEN 'offline'
            WHEN status = 'error' THEN 'error'
            ELSE 'online'
        END AS presence
    FROM workers
    WHERE deleted_at IS NULL AND ($1::uuid IS NULL OR account_id = $1) AND ($2::text IS NULL OR dialect = $2)
        AND tags @> $4
), chosen AS (
    SELECT *,
        CASE $6 WHEN 'name' THEN name WHEN 'hostname' THEN hostname WHEN 'presence' THEN presence END AS word,
        CASE $6 WHEN 'registered_at' THEN registered_at WHEN 'seen_at' THEN seen_at END AS time,
        CASE $6
            WHEN 'cpu_count' THEN cpu_count WHEN 'memory_mb' THEN memory_mb WHEN 'jobs_completed' THEN jobs_completed
        END AS number
    FROM found
    WHERE $3::text[] IS NULL OR presence = ANY($3)
)
SELECT id, account_id, dialect, name, platform, hostname, cpu_count, memory_mb, metadata, tags, status,
    jobs_completed, registered_at, seen_at, presence,
    ARRAY(SELECT job_id FROM leases WHERE worker_id = chosen.id ORDER BY job_id) AS held
FROM chosen
ORDER BY
    CASE WHEN NOT $7 THEN word END, CASE WHEN $7 THEN word END DESC,
    CASE WHEN NOT $7 THEN time END, CASE WHEN $7 THEN time END DESC,
    CASE WHEN NOT $7 THEN number END, CASE WHEN $7 THEN number END DESC,
    CASE WHEN NOT $7 THEN id END, CASE WHEN $7 THEN id END DESC
LIMIT $8 OFFSET $9

-- name: count
WITH found AS (
    SELECT
        CASE
            WHEN seen_at <= now() - make_interval(secs => $5) THEN 'offline'
            WHEN status = 'error' THEN 'error'
            ELSE 'online'
        END AS presence
    FROM workers
    WHERE deleted_at IS NULL AND ($1::uuid IS NULL OR account_id = $1) AND ($2::text IS NULL OR dialect = $2)
        AND tags @> $4
)
SELECT count(*) FROM found WHERE $3::text[] IS NULL OR presence = ANY($3)

-- name: held
SELECT job_id FROM leases WHERE worker_id = $1 ORDER BY job_id

-- name: delete
UPDATE workers SET deleted_at = now()
WHERE id = $2 AND deleted_at IS NULL AND ($1::uuid IS NULL OR account_id = $1)
RETURNING id

-- name: lapse
-- Its claims have no lease any more: the dispatchers hand its jobs to others with their next look.
UPDATE leases SET expires_at = now() WHERE worker_id = $1 AND expires_at > now() RETURNING job_id
