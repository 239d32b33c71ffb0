-- Deploy canvass:audiences to pg

-- The matcher takes an opening's audience from the boroughs that it names, and a caller's from all
-- sets of boroughs that the own one is in.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- As the policy "seen" of opening; tests/sql/catalogue.sql holds the two together.
CREATE OR REPLACE VIEW catalogue_opening WITH (security_invoker = true) AS
    SELECT o.id, o.employer_id, o.site_id, opening_audience(o) AS audience,
           o.hidden, o.places, o.starts_on, o.closes_on, o.soc, e.sic, s.easting, s.northing,
           o.hours_min_tenths, o.hours_max_tenths, o.pay_pence_hour, o.shift_bits,
           o.driving::text AS driving, o.check_level::text AS check_level,
           feature_bits(o.features) AS features, o.permanent, o.expected_weeks,
           o.trial::text AS trial,
           e.living_wage AND coalesce(e.living_wage_until, 'infinity') >= d.day AS living_wage,
           CASE WHEN coalesce(e.disability_confident_until, 'infinity') >= d.day
                THEN e.disability_confident::text END AS disability_confident
      FROM (SELECT london_today() AS day) d
     CROSS JOIN opening o
      JOIN employer e ON e.id = o.employer_id
      LEFT JOIN site s ON s.id = o.site_id
     WHERE o.closed_at IS NULL AND coalesce(o.closes_on, 'infinity') >= d.day;

CREATE FUNCTION caller_audiences_packed() RETURNS bytea
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT string_agg(uuid_send(a), ''::bytea ORDER BY i)
              FROM unnest(caller_audiences()) WITH ORDINALITY AS x (a, i));
END
$$;
COMMENT ON FUNCTION caller_audiences_packed() IS 'The audiences that the caller belongs to, 16 bytes each; the own borough''s first.';

GRANT EXECUTE ON FUNCTION caller_audiences_packed() TO canvass_app;

COMMIT;
