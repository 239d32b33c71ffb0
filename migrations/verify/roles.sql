-- Verify canvass:roles on pg

BEGIN;

DO $$
BEGIN
    ASSERT (SELECT NOT (rolcanlogin OR rolsuper OR rolbypassrls)
              FROM pg_roles WHERE rolname = 'canvass_owner'), 'canvass_owner';
    ASSERT (SELECT NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)
              FROM pg_roles WHERE rolname = 'canvass_app'), 'canvass_app';
    ASSERT NOT pg_has_role('canvass_app', 'canvass_owner', 'MEMBER'), 'canvass_app is an owner';
    ASSERT has_schema_privilege('canvass_app', 'canvass', 'USAGE'), 'usage';
    ASSERT NOT has_schema_privilege('canvass_app', 'canvass', 'CREATE'), 'create';
    ASSERT (SELECT count(*) = 4 FROM pg_extension
             WHERE extname IN ('btree_gist', 'pg_trgm', 'pgcrypto', 'unaccent')
               AND extnamespace = 'canvass'::regnamespace), 'extensions';
END
$$;

ROLLBACK;
