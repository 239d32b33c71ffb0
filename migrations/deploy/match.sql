-- Deploy canvass:match to pg

-- What a match weighs where a client has said nothing. The engine ranks; these rows say by what, so
-- that a change of practice is an update and no release.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TABLE match_default (
    name  text COLLATE "C" PRIMARY KEY CHECK (name ~ '^[a-z_]+$'),
    value integer NOT NULL CHECK (value >= 0),
    says  text NOT NULL
);
COMMENT ON TABLE match_default IS 'Weights, points and breadth of a match.';

ALTER TABLE match_default ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON match_default TO canvass_owner USING (true);
CREATE POLICY callers ON match_default FOR SELECT TO canvass_app
    USING ((SELECT canvass.actor()) IS NOT NULL);
GRANT SELECT ON match_default TO canvass_app;

INSERT INTO match_default (name, value, says) VALUES
    ('count', 10, 'Openings that an answer lists'),
    ('near_misses', 5, 'Openings that one yes would open'),
    ('later', 5, 'Openings that become possible on a date'),
    ('per_employer', 2, 'At most so many from one employer'),
    ('per_occupation', 5, 'At most so many from one SOC minor group'),
    ('weight_occupation', 10, 'The occupations wished for'),
    ('weight_industry', 3, 'The sectors wished for'),
    ('weight_hours', 4, 'The hours wished for'),
    ('weight_pay', 3, 'The pay hoped for'),
    ('weight_nearness', 4, 'How near it is'),
    ('weight_trial', 2, 'A trial first'),
    ('weight_warmth', 3, 'How the employer took the last visit'),
    ('weight_track_record', 1, 'How deep the relationship is'),
    ('weight_accreditation', 1, 'Living Wage and Disability Confident'),
    ('weight_permanence', 3, 'A job without end'),
    ('trial_jobcentre_plus', 100, 'Points of a Jobcentre Plus work trial'),
    ('trial_private_unpaid', 100, 'Points of a private trial without pay'),
    ('trial_paid', 100, 'Points of a paid trial'),
    ('trial_taster', 50, 'Points of a taster'),
    ('stance_warm', 100, 'Points of a warm employer'),
    ('stance_ambivalent', 60, 'Points of an ambivalent employer'),
    ('stance_cold', 20, 'Points of a cold employer'),
    ('near_metres', 10000, 'From here on nearness has no points, where the client has no limit'),
    ('pay_full_pence', 500, 'So far above what is enough, pay has all its points'),
    ('start_slack_days', 28, 'An employer waits so long after the first day'),
    ('horizon_days', 365, 'How far ahead the match looks for what becomes possible');

CREATE FUNCTION feature_bits(features job_feature[]) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce((SELECT bit_or(1 << array_position(enum_range(NULL::job_feature), f))
                   FROM unnest(features) AS f), 0);
COMMENT ON FUNCTION feature_bits(job_feature[]) IS 'Features as bits, numbered as enum JobFeature is.';

-- The client of a match; a discharged one gets none.
CREATE FUNCTION client_to_match(id text, ref text) RETURNS client
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    c client := client_of(client_to_match.id, client_to_match.ref, 'client_id', 'ref');
BEGIN
    IF c.status = 'discharged' THEN
        PERFORM fail('CV009', CASE WHEN coalesce(client_to_match.id, '') <> '' THEN 'client_id'
                                   ELSE 'ref' END,
                     '%s was discharged %s.', c.ref, said_when(c.discharged_at));
    END IF;
    RETURN c;
END
$$;
COMMENT ON FUNCTION client_to_match(text, text) IS 'The client of the caller''s team to match: CV005, CV009.';

-- One opening to match: somebody else's and none at all are the same.
CREATE FUNCTION opening_to_match(given uuid) RETURNS uuid
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
DECLARE
    o opening;
BEGIN
    SELECT * INTO o FROM opening WHERE id = opening_to_match.given;
    IF o.id IS NULL THEN
        PERFORM fail('CV005', 'opening_id', 'There is no such opening.');
    ELSIF o.closed_at IS NOT NULL THEN
        PERFORM fail('CV009', 'opening_id', 'This opening was closed %s.', said_when(o.closed_at));
    ELSIF o.closes_on < london_today() THEN
        PERFORM fail('CV009', 'opening_id',
            'This opening''s closing date was %s. Give it a later one if the employer still looks.',
            said_date(o.closes_on));
    END IF;
    RETURN o.id;
END
$$;
COMMENT ON FUNCTION opening_to_match(uuid) IS 'The opening''s id if the caller may match it: CV005, CV009.';

GRANT EXECUTE ON FUNCTION feature_bits(job_feature[]), client_to_match(text, text), opening_to_match(uuid)
    TO canvass_app;

COMMIT;
