-- Revert canvass:mended_policies from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE VIEW catalogue_opening WITH (security_invoker = true) AS
    SELECT o.id, o.employer_id, o.site_id,
           CASE WHEN NOT o.network THEN borough_audience(o.borough_id) END AS audience,
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

CREATE OR REPLACE FUNCTION standing_employer(given uuid) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT m.kept_id FROM canvass.employer_merge m WHERE m.merged_id = given), given);

DROP TRIGGER id_of_another_team ON client;
DROP FUNCTION client_id_of_another_team();

COMMIT;
