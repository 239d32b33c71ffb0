-- Verify canvass:watch on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT w.token, w.change FROM watch(NULL, NULL, 2) AS w WHERE false;
SELECT l.token, l.changed, l.everyone, l.boroughs, l.teams, l.people FROM watch_look(NULL) AS l WHERE false;
SELECT c.place, c.actor, c.team, c.borough, c.roles FROM watch_callers('{}') AS c WHERE false;

DO $$
BEGIN
    ASSERT (SELECT count(*) = 2 FROM change_table WHERE name IN ('contact_request', 'contact_share')), 'shares and requests are kept';
    ASSERT (SELECT bool_and(NOT p.prosecdef) FROM pg_proc p
             WHERE p.oid IN ('watch(text, text, integer)'::regprocedure, 'watch_changes(watch_place)'::regprocedure)),
        'a caller reads under their own rights';
END
$$;

ROLLBACK;
