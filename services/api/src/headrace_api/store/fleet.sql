-- name: online
-- Every agent that was heard of in the last $1 seconds.
SELECT agents.agent AS name, platform, pools, models, missing, slots, cardinality(running) AS running,
    draining OR agent_drains.agent IS NOT NULL AS draining, agent_drains.reason AS drained, version, transport,
    started_at, seen_at
FROM agents LEFT JOIN agent_drains ON agent_drains.agent = agents.agent
WHERE gone_at IS NULL AND seen_at > now() - make_interval(secs => $1)
ORDER BY agents.agent, instance
LIMIT 1000
