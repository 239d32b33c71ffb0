-- Deploy canvass:match_reads to pg

-- What a match asks before it ranks, with less work for the server: whether the catalogue is in step
-- is one of its own statements and not a second way there and back, the minimum wage is read once,
-- and who asks is worked out without a function's plan made at every call.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

-- ---- is the catalogue in step? ----

-- For a caller's batch, which a follower that is behind must not fail.
CREATE FUNCTION catalogue_is_in_step(seen text, epoch text) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = canvass, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    RETURN epoch = catalogue_epoch()
       AND pg_snapshot_xmin(seen::pg_snapshot) >= (SELECT k.purged_below FROM catalogue_kept k)
       AND NOT EXISTS (SELECT FROM catalogue_changes(seen::pg_snapshot));
END
$$;
COMMENT ON FUNCTION catalogue_is_in_step(text, text) IS 'Whether a catalogue of this snapshot and epoch lacks nothing that was committed by now.';

-- ---- who asks ----

-- As it was, of steps that are immutable themselves, so that it is inlined.
CREATE OR REPLACE FUNCTION borough_audience(borough_id text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN rpad(encode(borough_id::bytea, 'hex'), 32, '20')::uuid;

-- ---- the minimum wage ----

CREATE FUNCTION minimum_wage_pence(band age_band, rates minimum_wage) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE band WHEN 'under_18' THEN (rates).under_18_pence
                 WHEN '18_to_20' THEN (rates).from_18_pence
                 WHEN '21_and_over' THEN (rates).from_21_pence END;
COMMENT ON FUNCTION minimum_wage_pence(age_band, minimum_wage) IS 'What an age band is paid at least, in pence an hour; NULL where it is not known.';

CREATE FUNCTION minimum_wage_words(band age_band, rates minimum_wage) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN 'the minimum wage '
       || CASE band WHEN 'under_18' THEN 'under 18' WHEN '18_to_20' THEN 'from 18 to 20'
                    ELSE 'at 21 and over' END
       || ' from ' || said_date((rates).effective_from);
COMMENT ON FUNCTION minimum_wage_words(age_band, minimum_wage) IS 'The rule in words: the minimum wage at 21 and over from 1 April 2026.';

CREATE OR REPLACE FUNCTION minimum_wage_for(band age_band, d date) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN minimum_wage_pence(band, minimum_wage_on(d));
END
$$;

CREATE OR REPLACE FUNCTION minimum_wage_said(band age_band, d date) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN minimum_wage_words(band, minimum_wage_on(d));
END
$$;

GRANT EXECUTE ON FUNCTION catalogue_is_in_step(text, text),
    minimum_wage_pence(age_band, minimum_wage), minimum_wage_words(age_band, minimum_wage)
    TO canvass_app;

COMMIT;
