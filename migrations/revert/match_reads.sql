-- Revert canvass:match_reads from pg

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE OR REPLACE FUNCTION minimum_wage_for(band age_band, d date) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT CASE band WHEN 'under_18' THEN m.under_18_pence
                         WHEN '18_to_20' THEN m.from_18_pence
                         WHEN '21_and_over' THEN m.from_21_pence END
          FROM minimum_wage_on(d) m);
END
$$;

CREATE OR REPLACE FUNCTION minimum_wage_said(band age_band, d date) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT format('the minimum wage %s from %s',
                      CASE band WHEN 'under_18' THEN 'under 18' WHEN '18_to_20' THEN 'from 18 to 20'
                                ELSE 'at 21 and over' END, said_date(m.effective_from))
          FROM minimum_wage_on(d) m);
END
$$;

CREATE OR REPLACE FUNCTION borough_audience(borough_id text) RETURNS uuid
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN encode(convert_to(rpad(borough_id, 16), 'UTF8'), 'hex')::uuid;

DROP FUNCTION minimum_wage_pence(age_band, minimum_wage);
DROP FUNCTION minimum_wage_words(age_band, minimum_wage);
DROP FUNCTION catalogue_is_in_step(text, text);

COMMIT;
