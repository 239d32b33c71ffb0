-- Verify canvass:plans on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT (SELECT bool_and(l.lanname = 'plpgsql') FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
             WHERE p.oid IN ('client_json(client, boolean)'::regprocedure, 'minimum_wage_on(date)'::regprocedure)),
        'plans are kept';
END
$$;

ROLLBACK;
