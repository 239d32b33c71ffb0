-- Verify canvass:twin_fit on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

DO $$
BEGIN
    ASSERT (SELECT cardinality(twin_weights()) = 22), 'a weight for each piece of evidence';
    -- Evidence that speaks for one employer never counts against it.
    ASSERT (SELECT bool_and(weight >= 0) FROM twin_weight WHERE evidence ~ '^(name|words|same|near|street|registered_equal)'), 'for';
    ASSERT (SELECT bool_and(weight <= 0) FROM twin_weight WHERE evidence ~ '^(other|far|bearers|crowd|.*_sharers|registered_differ)'), 'against';
END
$$;

ROLLBACK;
