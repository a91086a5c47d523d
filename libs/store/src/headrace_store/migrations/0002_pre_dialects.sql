-- What the five dialects need beside jobs: accounts with credentials, limits, credits, files, templates, workers,
-- approval, schedules and publications.

-- ---- Accounts and credentials ---------------------------------------------------------------------------------

ALTER TABLE accounts
    -- A plan decides which APIs may be used; see headrace_contracts.plans.
    ADD COLUMN plan text NOT NULL DEFAULT 'operate',
    -- What auralis calls user_id: a credential, so 122 random bits and no clock in it.
    ADD COLUMN user_ref uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN disabled_at timestamptz;
CREATE UNIQUE INDEX accounts_user_ref ON accounts (user_ref);

-- Keys of programs: hashed, shown once.
CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    -- 'native' (hr_live_...) or 'auraflux' (af_live_...): a key opens the dialects of its kind only.
    kind text NOT NULL CHECK (kind IN ('native', 'auraflux')),
    name text NOT NULL,
    -- Its first characters, so that people can tell keys apart.
    hint text NOT NULL,
    key_hash bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    -- Requests a minute and an hour; null = those of the dialect's text.
    per_minute integer,
    per_hour integer,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_by_account ON api_keys (account_id, id);

-- People who log in.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    -- In lower case.
    email text NOT NULL UNIQUE,
    -- argon2id
    password_hash text NOT NULL,
    role text NOT NULL CHECK (role IN ('admin', 'user')),
    created_at timestamptz NOT NULL DEFAULT now(),
    disabled_at timestamptz
);
CREATE INDEX users_by_account ON users (account_id, id);

-- One row a login; the tokens of a session name it, and are dead everywhere once it has ended.
CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    -- Until then an expired token may be refreshed.
    refresh_until timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX sessions_old ON sessions (refresh_until);

-- Failed logins of an e-mail address or of a network address; a row is forgotten after a quiet while.
CREATE UNLOGGED TABLE login_failures (
    subject text PRIMARY KEY,
    failures integer NOT NULL,
    last_at timestamptz NOT NULL
);
CREATE INDEX login_failures_old ON login_failures (last_at);

-- Machines that work over REST under an account (auralis, jobserver); their tokens are hashed, shown once.
CREATE TABLE workers (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    dialect text NOT NULL,
    -- jobserver: the workerId that the machine chose; auralis: a name for people.
    name text NOT NULL,
    platform text NOT NULL,
    hostname text NOT NULL DEFAULT '',
    cpu_count integer,
    memory_mb bigint,
    metadata json NOT NULL DEFAULT '{}',
    tags text[] NOT NULL DEFAULT '{}',
    token_hash bytea NOT NULL UNIQUE,
    -- What the machine says of itself.
    status text NOT NULL DEFAULT 'idle',
    jobs_completed integer NOT NULL DEFAULT 0,
    registered_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE UNIQUE INDEX workers_by_name ON workers (account_id, name) WHERE dialect = 'jobserver' AND deleted_at IS NULL;
CREATE INDEX workers_by_account ON workers (account_id, id) WHERE deleted_at IS NULL;

-- ---- Limits ---------------------------------------------------------------------------------------------------

-- What was taken of a limit in a window of time, by all API processes together. Unlogged: losing it in a crash of
-- Postgres forgives at most one window.
CREATE UNLOGGED TABLE rate_windows (
    subject text NOT NULL,
    starts_at timestamptz NOT NULL,
    taken integer NOT NULL,
    PRIMARY KEY (subject, starts_at)
);
CREATE INDEX rate_windows_old ON rate_windows (starts_at);

-- A submit's Idempotency-Key: the same key and body makes one job and gives the same answer for 24 h.
CREATE TABLE idempotency_keys (
    account_id uuid NOT NULL REFERENCES accounts (id),
    dialect text NOT NULL,
    key text NOT NULL,
    -- SHA-256 of what was asked for.
    fingerprint bytea NOT NULL,
    job_ids uuid[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, dialect, key)
);
CREATE INDEX idempotency_keys_old ON idempotency_keys (created_at);

-- ---- Files, templates, pools ----------------------------------------------------------------------------------

-- Files that clients sent ahead of the job that uses them.
CREATE TABLE files (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    key text NOT NULL,
    name text NOT NULL,
    mime text NOT NULL,
    -- Null while the client has not sent it to its presigned URL.
    size bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE INDEX files_by_account ON files (account_id, id) WHERE deleted_at IS NULL;
CREATE INDEX files_old ON files (expires_at) WHERE deleted_at IS NULL;

CREATE TABLE templates (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    name text NOT NULL,
    -- Null: for any model.
    model text,
    options json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE INDEX templates_by_account ON templates (account_id, id) WHERE deleted_at IS NULL;

-- An operator's named queues, beside the default one that every model has under its own id.
CREATE TABLE pools (
    name text PRIMARY KEY,
    description text NOT NULL DEFAULT '',
    platform text NOT NULL DEFAULT 'any',
    gpu_type text,
    gpu_count integer NOT NULL DEFAULT 0,
    vram_gb integer NOT NULL DEFAULT 0,
    -- Of one machine, in USD; null = not known.
    price_per_hour numeric(12, 4),
    -- Empty: every model.
    models text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

-- ---- Jobs -----------------------------------------------------------------------------------------------------

ALTER TABLE jobs
    -- True: once done it waits for an approval.
    ADD COLUMN staging boolean NOT NULL DEFAULT false,
    ADD COLUMN approved_at timestamptz,
    -- True: it has publications, and ends when they have.
    ADD COLUMN publishes boolean NOT NULL DEFAULT false,
    -- Not published before this time.
    ADD COLUMN publish_at timestamptz,
    -- Taken from the account when it was stored.
    ADD COLUMN credits smallint NOT NULL DEFAULT 0,
    ADD COLUMN template_id uuid,
    ADD COLUMN retry_of uuid,
    -- Of a command.
    ADD COLUMN exit_code integer,
    -- Result files beside the main one: [{"key", "name", "mime", "size"}].
    ADD COLUMN extra_files json;
CREATE INDEX jobs_by_account ON jobs (account_id, id);
-- Jobs whose work is done and approved, and whose publications run.
CREATE INDEX jobs_publishing ON jobs (id) WHERE state = 'staged' AND approved_at IS NOT NULL;

-- A claim that names its job holds no message of WORK: then ack_subject is null and the job is unreleased.
ALTER TABLE leases
    ALTER COLUMN ack_subject DROP NOT NULL,
    ADD COLUMN worker_id uuid REFERENCES workers (id);
CREATE INDEX leases_by_worker ON leases (worker_id) WHERE worker_id IS NOT NULL;

-- Output beyond what the record keeps lies in S3 under ref; text is then empty.
ALTER TABLE job_output
    ADD COLUMN ref text,
    ADD COLUMN size integer NOT NULL DEFAULT 0,
    ADD COLUMN at timestamptz NOT NULL DEFAULT now();

-- ---- Credits: a ledger in double entry ------------------------------------------------------------------------

-- One row a wallet with a balance that may not be negative; its id is the account's.
CREATE TABLE wallets (
    account_id uuid PRIMARY KEY REFERENCES accounts (id),
    balance bigint NOT NULL DEFAULT 0 CHECK (balance >= 0)
);

-- Two rows a move, of one sum with opposite signs: the account's side and the house's side (account_id null).
CREATE TABLE ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    move_id uuid NOT NULL,
    account_id uuid REFERENCES accounts (id),
    -- The account that the move belongs to, on both sides.
    for_account uuid NOT NULL REFERENCES accounts (id),
    amount bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('grant', 'charge', 'refund')),
    job_id uuid,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_by_account ON ledger (for_account, id);
-- A job is charged once and refunded once.
CREATE UNIQUE INDEX ledger_once ON ledger (job_id, kind, (account_id IS NULL)) WHERE job_id IS NOT NULL;

-- Move credits to (+) or from (-) an account. Raises check_violation when the balance would be negative.
CREATE FUNCTION move_credits(account uuid, amount bigint, kind text, job uuid) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    move uuid := gen_random_uuid();
    left_over bigint;
BEGIN
    INSERT INTO wallets (account_id, balance) VALUES (account, 0) ON CONFLICT DO NOTHING;
    UPDATE wallets SET balance = balance + move_credits.amount WHERE account_id = account
    RETURNING balance INTO left_over;
    INSERT INTO ledger (move_id, account_id, for_account, amount, kind, job_id)
    VALUES (move, account, account, move_credits.amount, move_credits.kind, job),
        (move, NULL, account, -move_credits.amount, move_credits.kind, job);
    RETURN left_over;
END $$;

-- What a job cost comes back when it fails, and when it is cancelled before it ran, whoever ends it.
CREATE FUNCTION refund_job() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM move_credits(NEW.account_id, NEW.credits, 'refund', NEW.id);
    RETURN NULL;
END $$;

CREATE TRIGGER jobs_refund AFTER UPDATE OF state ON jobs
FOR EACH ROW
WHEN (
    NEW.credits > 0 AND OLD.state NOT IN ('completed', 'failed', 'cancelled')
    AND (NEW.state = 'failed' OR (NEW.state = 'cancelled' AND NEW.started_at IS NULL))
)
EXECUTE FUNCTION refund_job();

-- ---- Publishing -----------------------------------------------------------------------------------------------

-- Where an account publishes to.
CREATE TABLE destinations (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts (id),
    -- What clients write in `platforms`.
    name text NOT NULL,
    -- The folder of the publisher that speaks its protocol: s3, http, mastodon, youtube.
    platform text NOT NULL,
    -- Without secrets.
    config json NOT NULL,
    -- Encrypted with the site's key.
    secret bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz
);
CREATE UNIQUE INDEX destinations_by_name ON destinations (account_id, name) WHERE deleted_at IS NULL;

-- One row a job and destination.
CREATE TABLE publications (
    id uuid PRIMARY KEY,
    job_id uuid NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    destination_id uuid NOT NULL REFERENCES destinations (id),
    -- held: the job is not done or not approved; pending: to be sent at next_attempt_at.
    state text NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'pending', 'published', 'failed', 'cancelled')),
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    -- Where an upload stands, encrypted: the session's address is a bearer capability.
    session bytea,
    url text,
    -- The platform's own id of what was published.
    remote_id text,
    error text,
    created_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    UNIQUE (job_id, destination_id)
);
CREATE INDEX publications_due ON publications (next_attempt_at) WHERE state = 'pending';

-- ---- Webhook endpoints that clients manage ----------------------------------------------------------------------

ALTER TABLE webhook_endpoints
    -- True: it hears of every job of the account; false: only of the jobs that named its address.
    ADD COLUMN subscribed boolean NOT NULL DEFAULT false,
    ADD COLUMN description text NOT NULL DEFAULT '',
    -- Empty: every event.
    ADD COLUMN events text[] NOT NULL DEFAULT '{}',
    -- Signs too until this time, after a rotation.
    ADD COLUMN old_secret text,
    ADD COLUMN old_secret_until timestamptz,
    ADD COLUMN deleted_at timestamptz;
CREATE INDEX webhook_endpoints_subscribed ON webhook_endpoints (account_id) WHERE subscribed AND deleted_at IS NULL;

-- A test of an endpoint is a delivery without a job.
ALTER TABLE webhook_deliveries ALTER COLUMN job_id DROP NOT NULL;
