-- name: online
-- Every agent that was heard of in the last $1 seconds.
SELECT agent AS name, platform, pools, models, missing, slots, cardinality(running) AS running, draining, version,
    transport, started_at, seen_at
FROM agents
WHERE gone_at IS NULL AND seen_at > now() - make_interval(secs => $1)
ORDER BY agent, instance
LIMIT 1000
