-- Revert canvass:roles from pg

BEGIN;

DO $$
BEGIN
    IF to_regclass('sqitch.changes') IS NOT NULL THEN
        REVOKE ALL ON sqitch.changes FROM canvass_owner, canvass_app;
        REVOKE ALL ON SCHEMA sqitch FROM canvass_owner, canvass_app;
    END IF;
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM canvass_app', current_database());
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO PUBLIC', current_database());
END
$$;

ALTER DEFAULT PRIVILEGES FOR ROLE canvass_owner GRANT EXECUTE ON FUNCTIONS TO PUBLIC;
DROP EXTENSION unaccent;
DROP EXTENSION pgcrypto;
DROP EXTENSION pg_trgm;
DROP EXTENSION btree_gist;
DROP SCHEMA canvass;

-- The roles go with the last database that uses them.
DO $$
BEGIN
    DROP ROLE canvass_app;
    DROP ROLE canvass_owner;
EXCEPTION
    WHEN dependent_objects_still_exist OR object_in_use THEN
        RAISE NOTICE 'the roles stay: another database of this cluster uses them';
END
$$;

COMMIT;
