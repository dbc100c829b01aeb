-- The audit: one partition a month; rows outside of all months fall into the default one. It is only ever added to.
CREATE SEQUENCE sync.audit_id CACHE 100;
CREATE TABLE sync.audit (
    id BIGINT DEFAULT nextval('sync.audit_id'::regclass) NOT NULL,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    entity TEXT NOT NULL,
    row_key TEXT NOT NULL,
    action TEXT NOT NULL,
    before JSONB,
    after JSONB,
    origin TEXT DEFAULT '' NOT NULL,
    actor TEXT DEFAULT '' NOT NULL,
    run_id TEXT DEFAULT '' NOT NULL
) PARTITION BY RANGE (at);
CREATE INDEX ix_audit_row ON sync.audit (entity, row_key, at);
ALTER SEQUENCE sync.audit_id OWNED BY sync.audit.id;
CREATE TABLE sync.audit_default PARTITION OF sync.audit DEFAULT;

CREATE FUNCTION sync.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    -- Only the upkeep below may move rows from the default partition to their month.
    IF current_setting('tsh.audit_upkeep', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'sync.audit is only ever added to' USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON sync.audit
    FOR EACH ROW EXECUTE FUNCTION sync.refuse_audit_change();

-- Makes the partitions of this month and of those ahead; returns how many were missing.
CREATE FUNCTION sync.make_audit_months(ahead integer) RETURNS integer LANGUAGE plpgsql
    SET search_path = pg_catalog SET timezone = 'UTC' AS $$
DECLARE
    first timestamptz;
    name text;
    made integer := 0;
BEGIN
    FOR step IN 0..ahead LOOP
        first := date_trunc('month', now()) + make_interval(months => step);
        name := 'audit_' || to_char(first, 'YYYY_MM');
        CONTINUE WHEN to_regclass('sync.' || name) IS NOT NULL;
        -- Two programs may find the same month missing.
        PERFORM pg_advisory_xact_lock(1951615746);
        CONTINUE WHEN to_regclass('sync.' || name) IS NOT NULL;
        EXECUTE format('CREATE TABLE sync.%I (LIKE sync.audit INCLUDING DEFAULTS)', name);
        PERFORM set_config('tsh.audit_upkeep', 'on', true);
        EXECUTE format(
            'WITH moved AS (DELETE FROM sync.audit_default WHERE at >= $1 AND at < $2 RETURNING *) '
            'INSERT INTO sync.%I SELECT * FROM moved', name
        ) USING first, first + interval '1 month';
        PERFORM set_config('tsh.audit_upkeep', '', true);
        EXECUTE format(
            'ALTER TABLE sync.audit ATTACH PARTITION sync.%I FOR VALUES FROM (%L) TO (%L)',
            name, first, first + interval '1 month'
        );
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;
SELECT sync.make_audit_months(3);
