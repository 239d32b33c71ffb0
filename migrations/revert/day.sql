-- Revert canvass:day from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

DROP FUNCTION day_list(date, integer, text), walked(integer[], integer[], integer[], integer, integer),
    straight_metres(integer, integer, integer, integer), day_lines(date, integer),
    review_asks(client_constraints, text, date, integer), trial_asks(trial, text, date);
DROP INDEX relationship_lead, opening_closing, trial_of_team, contact_request_waiting, contact_share_ends;
DROP TYPE day_line;
DROP TYPE day_kind;

CREATE OR REPLACE FUNCTION near_point(given text, OUT easting integer, OUT northing integer)
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    whole text := tidy_postcode(given);
    part text := regexp_replace(upper(coalesce(tidy(given), '')), '\s+', ' ', 'g');
BEGIN
    SELECT p.easting, p.northing INTO easting, northing FROM postcode p WHERE p.postcode = whole;
    IF NOT FOUND THEN
        part := coalesce(left(whole, -2), part);
        -- The sector, or the mean of a district's.
        SELECT round(avg(s.easting)), round(avg(s.northing)) INTO easting, northing
          FROM postcode_sector s
         WHERE s.sector = part OR (s.sector >= part || ' ' AND s.sector < part || '!');
    END IF;
    IF easting IS NULL THEN
        PERFORM fail('CV003', 'near_postcode', '"%s" is not in the postcode list.', left(given, 20));
    END IF;
END
$$;
DROP FUNCTION point_of(text, text);

COMMIT;
