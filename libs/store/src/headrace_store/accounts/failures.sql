-- name: attempt
-- Count an attempt before it is made, unless the subject must wait: attempts at once can't slip through together.
-- $1 subject, $2 attempts that are free, $3 the longest wait, $4 the quiet while after which all is forgotten (seconds).
INSERT INTO login_failures AS f (subject, failures, last_at) VALUES ($1, 1, now())
ON CONFLICT (subject) DO UPDATE
SET failures = CASE WHEN f.last_at < now() - make_interval(secs => $4) THEN 1 ELSE f.failures + 1 END,
    last_at = now()
WHERE f.failures < $2 OR f.last_at < now() - make_interval(secs => $4)
    OR f.last_at + make_interval(secs => least($3, power(2, least(f.failures - $2, 30)))) <= now()
RETURNING failures

-- name: wait
SELECT extract(epoch FROM
    last_at + make_interval(secs => least($3, power(2, least(failures - $2, 30)))) - now()
)::double precision
FROM login_failures WHERE subject = $1

-- name: forgive
DELETE FROM login_failures WHERE subject = $1

-- name: take_back
UPDATE login_failures SET failures = greatest(failures - 1, 0) WHERE subject = $1

-- name: forget
DELETE FROM login_failures WHERE last_at < now() - make_interval(secs => $1)
