-- Rows that nobody needs any more, a bounded number at a time; $1: older than so many seconds, $2: how many.

-- name: idempotency_keys
DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM idempotency_keys WHERE created_at < now() - make_interval(secs => $1)
    ORDER BY created_at LIMIT $2
))

-- name: rate_windows
DELETE FROM rate_windows WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM rate_windows WHERE starts_at < now() - make_interval(secs => $1)
    ORDER BY starts_at LIMIT $2
))

-- name: sessions
DELETE FROM sessions WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM sessions WHERE refresh_until < now() - make_interval(secs => $1)
    ORDER BY refresh_until LIMIT $2
))

-- name: login_failures
DELETE FROM login_failures WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM login_failures WHERE last_at < now() - make_interval(secs => $1)
    ORDER BY last_at LIMIT $2
))

-- name: files
DELETE FROM files WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM files WHERE expires_at < now() - make_interval(secs => $1) AND deleted_at IS NULL
    ORDER BY expires_at LIMIT $2
))

-- name: lane_turns
DELETE FROM lane_turns WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM lane_turns WHERE served_at < now() - make_interval(secs => $1)
    ORDER BY served_at LIMIT $2
))
