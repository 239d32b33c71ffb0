-- Revert canvass:catalogue from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

ALTER TABLE opening
    DROP CONSTRAINT opening_pay_range, DROP CONSTRAINT opening_dates_order, DROP CONSTRAINT opening_starts_range,
    ADD CONSTRAINT opening_dates_order CHECK (closes_on >= '2000-01-01' AND closes_on < '2200-01-01'),
    ADD CONSTRAINT opening_starts_range CHECK (starts_on >= '2000-01-01' AND starts_on < '2200-01-01');
COMMENT ON CONSTRAINT opening_dates_order ON opening IS 'opening.closes_on: Give a day of this century.';
COMMENT ON CONSTRAINT opening_starts_range ON opening IS 'opening.starts_on: Give a day of this century.';
ALTER TABLE opening ADD CONSTRAINT opening_pay_range CHECK (pay_pence_hour BETWEEN 0 AND 100000);
COMMENT ON CONSTRAINT opening_pay_range ON opening IS 'opening.pay_pence_hour: Pay is pence an hour before tax, 0 where it is not known: £12.71 is 1271.';

CREATE FUNCTION openings_to_match(day date, one uuid DEFAULT NULL)
RETURNS TABLE (
    opening_id uuid, employer_id uuid, employer text, title text, borough text, soc text, sic text,
    site_id uuid, postcode text, easting integer, northing integer, hidden boolean, places integer,
    starts_on date, closes_on date, hours_min_tenths integer, hours_max_tenths integer,
    pay_pence_hour integer, shift_bits bytea, driving text, check_level text, features integer,
    permanent boolean, expected_weeks integer, trial text, stance text, level integer,
    living_wage boolean, disability_confident text)
LANGUAGE sql STABLE
AS $$
    SELECT o.id, o.employer_id, e.name, o.title, b.name, o.soc, e.sic, o.site_id, s.postcode,
           s.easting, s.northing, o.hidden, o.places, o.starts_on, o.closes_on,
           o.hours_min_tenths, o.hours_max_tenths, o.pay_pence_hour, o.shift_bits,
           o.driving::text, o.check_level::text, canvass.feature_bits(o.features), o.permanent,
           o.expected_weeks, o.trial::text, r.stance::text,
           coalesce(array_position(enum_range(NULL::canvass.stage), r.stage), 0),
           e.living_wage AND coalesce(e.living_wage_until, 'infinity') >= openings_to_match.day,
           CASE WHEN coalesce(e.disability_confident_until, 'infinity') >= openings_to_match.day
                THEN e.disability_confident::text END
      FROM canvass.opening o
      JOIN canvass.employer e ON e.id = o.employer_id
      JOIN canvass.borough b ON b.id = o.borough_id
      LEFT JOIN canvass.site s ON s.id = o.site_id
      LEFT JOIN canvass.relationship r
             ON r.employer_id = o.employer_id AND r.borough_id = canvass.borough()
     WHERE o.closed_at IS NULL
       AND CASE WHEN openings_to_match.one IS NULL
                THEN coalesce(o.closes_on, 'infinity') >= openings_to_match.day
                ELSE o.id = openings_to_match.one END
$$;
COMMENT ON FUNCTION openings_to_match(date, uuid) IS 'What a match reads of each opening.';

GRANT EXECUTE ON FUNCTION openings_to_match(date, uuid) TO canvass_app;

DROP TRIGGER catalogue_truncate ON relationship;
DROP TRIGGER catalogue_truncate ON opening;
DROP TRIGGER catalogue_changed ON relationship;
DROP TRIGGER catalogue ON relationship;
DROP TRIGGER catalogue ON site;
DROP TRIGGER catalogue ON employer;
DROP TRIGGER catalogue ON opening;
DROP FUNCTION openings_to_show(uuid[]);
DROP FUNCTION caller_audience();
DROP FUNCTION catalogue_tidy();
DROP FUNCTION catalogue_relations_since(text);
DROP FUNCTION catalogue_openings_since(text);
DROP FUNCTION catalogue_is_in_step(text, text);
DROP FUNCTION catalogue_look(text);
DROP FUNCTION catalogue_epoch();
DROP FUNCTION catalogue_blocks();
DROP FUNCTION catalogue_changes(pg_snapshot);
DROP FUNCTION catalogue_check(pg_snapshot);
DROP FUNCTION catalogue_note_truncate();
DROP FUNCTION catalogue_note();
DROP TABLE catalogue_kept;
DROP TABLE catalogue_change;
DROP VIEW catalogue_opening;
DROP VIEW catalogue_relation;
DROP VIEW catalogue_place;
DROP VIEW catalogue_employer;
DROP VIEW catalogue_job;
DROP FUNCTION borough_audience(text);

ALTER TABLE opening DROP COLUMN feature_bits;

COMMIT;
