-- Verify canvass:catalogue on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT id, xid, opening_id, employer_id, borough_id FROM catalogue_change WHERE false;
SELECT at, id, audience FROM catalogue_job WHERE false;
SELECT id, living_wage FROM catalogue_employer WHERE false;
SELECT id, easting FROM catalogue_place WHERE false;
SELECT employer_id, level FROM catalogue_relation WHERE false;
SELECT catalogue_blocks(), catalogue_epoch(), caller_audiences(), caller_audiences_packed();
SELECT id, boroughs FROM audience WHERE false;
SELECT o.opening_id FROM openings_to_show('{}') AS o WHERE false;

DO $$
BEGIN
    ASSERT (SELECT bool_and(relrowsecurity AND relforcerowsecurity) FROM pg_class
             WHERE oid IN ('catalogue_change'::regclass, 'catalogue_kept'::regclass, 'audience'::regclass)), 'row-level security';
    ASSERT audience_of('{E09000028,E09000022}') = audience_of('{E09000022,E09000028,E09000022}'), 'a set has one id';
    ASSERT (SELECT count(*) FROM catalogue_kept) <= 1, 'one row';
    ASSERT borough_audience('E09000022') = '45303930-3030-3032-3220-202020202020', 'an audience of one borough';
END
$$;

ROLLBACK;
