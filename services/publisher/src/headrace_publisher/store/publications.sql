-- One publication from its message to its end. Whoever works on one holds it by the value of next_attempt_at, which it
-- moves on as it goes: a publication that nobody moves on is due again, and who has lost it changes nothing any more.

-- name: begin
-- $1 publication, $2 lease in seconds, $3 how far ahead the relay's grace and a lease may lie: a publication that
-- waits for longer was put off after its message was sent
UPDATE publications AS p
SET next_attempt_at = clock_timestamp() + make_interval(secs => $2)
FROM destinations AS d
WHERE p.id = $1 AND d.id = p.destination_id AND p.state = 'pending'
    AND p.next_attempt_at <= clock_timestamp() + make_interval(secs => $3)
RETURNING p.job_id, p.destination_id, p.attempts, p.session, p.next_attempt_at, d.platform, d.config, d.secret;

-- name: keep
-- $1 publication, $2 what it is held by, $3 lease in seconds
UPDATE publications SET next_attempt_at = clock_timestamp() + make_interval(secs => $3)
WHERE id = $1 AND state = 'pending' AND next_attempt_at = $2
RETURNING next_attempt_at;

-- name: save
-- As keep; $4 session
UPDATE publications SET next_attempt_at = clock_timestamp() + make_interval(secs => $3), session = $4
WHERE id = $1 AND state = 'pending' AND next_attempt_at = $2
RETURNING next_attempt_at;

-- name: put_off
-- $1 publication, $2 what it is held by, $3 delay in seconds, $4 session (null: stays), $5 attempts made, $6 why
UPDATE publications
SET next_attempt_at = clock_timestamp() + make_interval(secs => $3), session = coalesce($4, session),
    attempts = attempts + $5, error = coalesce($6, error)
WHERE id = $1 AND state = 'pending' AND next_attempt_at = $2
RETURNING id;

-- name: finish
-- $1 publication, $2 what it is held by, $3 state, $4 url, $5 the platform's id, $6 error
UPDATE publications
SET state = $3, url = $4, remote_id = $5, error = $6, attempts = attempts + 1, next_attempt_at = NULL,
    session = NULL, finished_at = now()
WHERE id = $1 AND state = 'pending' AND next_attempt_at = $2
RETURNING id;
