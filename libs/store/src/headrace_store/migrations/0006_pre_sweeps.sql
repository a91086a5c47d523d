-- How far the sweep of orphan files has come, so that any dispatcher goes on where the last one was.
CREATE TABLE sweeps (
    -- One of headrace_contracts.keys.PREFIXES.
    prefix text PRIMARY KEY,
    -- The last key that was looked at in this round.
    after_key text NOT NULL DEFAULT '',
    -- When the last round ended; null while one is under way.
    finished_at timestamptz
);
