-- Verify canvass:twin_plan on pg

BEGIN;

DO $$
BEGIN
    ASSERT (SELECT prosrc LIKE '%OFFSET 0%' FROM pg_proc WHERE oid = 'canvass.find_twins(canvass.employer,canvass.site,text[],double precision,integer)'::regprocedure),
        'the words are looked up before they are put in order';
END
$$;

ROLLBACK;
