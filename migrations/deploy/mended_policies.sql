-- Deploy canvass:mended_policies to pg

-- What the matrix of tests/integration/test_matrix.py found.
--
-- An id that the caller chose for a new client and that another team's client has was refused: so it
-- told that the client is there. Such a client now gets an id of its own, which the answer names, as
-- it would name the chosen one; an id that the own team's client has is refused as before.
--
-- An opening for named boroughs was read by them and never matched: the matcher held it as its own
-- borough's alone.
--
-- And what tests/bench/rls.py found: a function in SQL that holds a query is planned anew in
-- every call, and the policies with it; in plpgsql the plan is kept.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE FUNCTION client_id_of_another_team() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = canvass, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM client c WHERE c.id = NEW.id AND c.team_id <> NEW.team_id) THEN
        NEW.id := uuid_v7();
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION client_id_of_another_team() IS
    'An id that another team''s client has gives way to a new one, so that nobody learns that it is taken.';
CREATE TRIGGER id_of_another_team BEFORE INSERT ON client
    FOR EACH ROW EXECUTE FUNCTION client_id_of_another_team();

CREATE OR REPLACE VIEW catalogue_opening WITH (security_invoker = true) AS
    SELECT o.id, o.employer_id, o.site_id,
           opening_audience(o) AS audience,
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
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
BEGIN
    RETURN coalesce((SELECT m.kept_id FROM canvass.employer_merge m WHERE m.merged_id = given), given);
END
$$;

COMMIT;
