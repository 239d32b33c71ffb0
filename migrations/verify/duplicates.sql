-- Verify canvass:duplicates on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT (SELECT cardinality(twin_weights()) = 22), 'a weight for each piece of evidence';
    ASSERT (SELECT count(*) = 5 FROM twin_threshold), 'a threshold for each purpose';
END
$$;

ROLLBACK;
