-- name: take
-- Windows are those of the database's clock: the processes' clocks need not agree.
INSERT INTO rate_windows AS w (subject, starts_at, taken)
VALUES ($1, to_timestamp(floor(extract(epoch FROM now()) / $2::integer) * $2::integer), $3)
ON CONFLICT (subject, starts_at) DO UPDATE SET taken = w.taken + excluded.taken
RETURNING taken, starts_at + make_interval(secs => $2::integer) AS ends_at,
    extract(epoch FROM starts_at + make_interval(secs => $2::integer) - now())::double precision AS left_s

-- name: forget
DELETE FROM rate_windows WHERE starts_at < now() - make_interval(secs => $1)
