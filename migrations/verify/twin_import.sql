-- Verify canvass:twin_import on pg

BEGIN;

DO $$
BEGIN
    ASSERT (SELECT prosrc LIKE '%By reference, else by name%' FROM pg_proc WHERE oid = 'canvass.import_and_compare(jsonb)'::regprocedure),
        'a row that an import made is found from an index';
END
$$;

ROLLBACK;
