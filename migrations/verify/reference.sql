-- Verify canvass:reference on pg

BEGIN;
SET LOCAL search_path = canvass, pg_temp;

SELECT postcode, easting, northing, borough_id, terminated FROM postcode WHERE false;
SELECT sector, easting, northing, borough_id, units FROM postcode_sector WHERE false;

DO $$
BEGIN
    ASSERT tidy_postcode('sw98he') = 'SW9 8HE' AND tidy_postcode('SW99') IS NULL;
    ASSERT (SELECT count(*) = 9 FROM occupation WHERE code ~ '^.$'), 'major groups';
    ASSERT NOT EXISTS (SELECT FROM occupation o
                        WHERE length(o.code) > 1
                          AND NOT EXISTS (SELECT FROM occupation p
                                           WHERE p.code = left(o.code, -1))), 'parents';
    ASSERT EXISTS (SELECT FROM industry WHERE code = '77320'), 'industries';
END
$$;

ROLLBACK;
