-- Verify canvass:scope on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT o.seen_by, opening_audience(o), opening_is_seen(o) FROM opening o WHERE false;
SELECT id, boroughs FROM audience WHERE false;
SELECT caller_audiences(), caller_audiences_packed();

DO $$
BEGIN
    ASSERT (SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE oid = 'audience'::regclass), 'row-level security';
    ASSERT audience_of('{E09000028,E09000022}') = audience_of('{E09000022,E09000028,E09000022}'), 'a set has one id';
    ASSERT pg_get_viewdef('catalogue_job'::regclass) LIKE '%opening_audience%', 'named boroughs are matched';
END
$$;

ROLLBACK;
