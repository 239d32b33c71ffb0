-- Deploy canvass:roles to pg

-- canvass_owner owns everything and nobody logs in as it. canvass_app is what the daemon connects
-- as: it owns nothing, cannot bypass row-level security, and gets each privilege by name in the
-- change that makes the object. Roles belong to the cluster, so another database of this cluster
-- may have made them already.

BEGIN;

DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'canvass_owner') THEN
        CREATE ROLE canvass_owner NOLOGIN NOBYPASSRLS;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'canvass_app') THEN
        CREATE ROLE canvass_app NOLOGIN NOBYPASSRLS NOINHERIT;
    END IF;
    IF NOT pg_has_role(current_user, 'canvass_owner', 'MEMBER') THEN
        EXECUTE format('GRANT canvass_owner TO %I', current_user);
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO canvass_app', current_database());
END
$$;

-- pg_temp last, so that nothing temporary can stand in for a table. Plans of short statements are
-- never worth compiling.
ALTER ROLE canvass_app SET search_path = canvass, pg_temp;
ALTER ROLE canvass_app SET jit = off;

CREATE SCHEMA canvass AUTHORIZATION canvass_owner;
COMMENT ON SCHEMA canvass IS 'Employers, canvassing visits, openings and clients of employment specialists.';

CREATE EXTENSION btree_gist SCHEMA canvass;
CREATE EXTENSION pg_trgm SCHEMA canvass;
CREATE EXTENSION pgcrypto SCHEMA canvass;
CREATE EXTENSION unaccent SCHEMA canvass;

GRANT USAGE ON SCHEMA canvass TO canvass_app;
-- A function is for those it is granted to.
ALTER DEFAULT PRIVILEGES FOR ROLE canvass_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

-- The daemon refuses a schema that it does not know: it reads which changes are deployed.
DO $$
BEGIN
    IF to_regclass('sqitch.changes') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA sqitch TO canvass_owner, canvass_app;
        GRANT SELECT ON sqitch.changes TO canvass_owner, canvass_app;
    END IF;
END
$$;

COMMIT;
