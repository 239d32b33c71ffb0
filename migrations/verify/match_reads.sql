-- Verify canvass:match_reads on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT (SELECT bool_and(has_function_privilege('canvass_app', f, 'EXECUTE'))
              FROM unnest(ARRAY['catalogue_is_in_step(text, text)',
                                'minimum_wage_pence(age_band, minimum_wage)',
                                'minimum_wage_words(age_band, minimum_wage)']) AS f), 'the daemon may ask';
    ASSERT borough_audience('E09000022') = '45303930-3030-3032-3220-202020202020', 'the audience is as it was';
END
$$;

ROLLBACK;
