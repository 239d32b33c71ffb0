-- Deploy canvass:rules to pg

-- What the law and the schemes say, as rows with the day from which they hold. A change of the
-- rules is a new row: nothing here is a constant of a program. Figures: DOMAIN.md sections 2 and 6.

BEGIN;
SET LOCAL ROLE canvass_owner;
SET LOCAL search_path = canvass, pg_temp;

CREATE TYPE trial_kind AS ENUM ('none', 'jobcentre_plus', 'private_unpaid', 'paid', 'taster');
COMMENT ON TYPE trial_kind IS 'The kinds of work trial, and none.';
CREATE TYPE age_band AS ENUM ('under_18', '18_to_20', '21_and_over');
COMMENT ON TYPE age_band IS 'Band of the minimum wage; no birth date is kept.';

CREATE TABLE trial_rule (
    kind              trial_kind NOT NULL,
    effective_from    date NOT NULL,
    -- NULL: no limit.
    max_days          integer CHECK (max_days > 0),
    -- For a job that ends within so many weeks, fewer days.
    short_under_weeks integer CHECK (short_under_weeks > 0),
    short_max_days    integer CHECK (short_max_days > 0),
    -- The job itself: hours a week in tenths, and weeks it lasts.
    min_hours_tenths  integer CHECK (min_hours_tenths > 0),
    min_weeks         integer CHECK (min_weeks > 0),
    -- What to say to an employer who hesitates. Empty: not to be suggested.
    advice            text NOT NULL,
    source            text NOT NULL,
    PRIMARY KEY (kind, effective_from),
    CHECK ((short_under_weeks IS NULL) = (short_max_days IS NULL))
);
COMMENT ON TABLE trial_rule IS 'Limits of each kind of work trial, by the day from which they hold.';

CREATE TABLE minimum_wage (
    effective_from   date PRIMARY KEY,
    -- Pence an hour.
    apprentice_pence integer NOT NULL,
    under_18_pence   integer NOT NULL,
    from_18_pence    integer NOT NULL,
    from_21_pence    integer NOT NULL,
    -- The highest, from this age on.
    main_pence       integer NOT NULL,
    main_age         integer NOT NULL,
    CHECK (0 < least(apprentice_pence, under_18_pence)
           AND under_18_pence <= from_18_pence AND from_18_pence <= from_21_pence
           AND from_21_pence <= main_pence)
);
COMMENT ON TABLE minimum_wage IS 'National minimum and living wage, by the day from which they hold.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['trial_rule', 'minimum_wage'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY owner ON %I TO canvass_owner USING (true)', t);
        EXECUTE format('CREATE POLICY callers ON %I FOR SELECT TO canvass_app
                            USING ((SELECT canvass.actor()) IS NOT NULL)', t);
        EXECUTE format('GRANT SELECT ON %I TO canvass_app', t);
    END LOOP;
END
$$;

INSERT INTO trial_rule (kind, effective_from, max_days, short_under_weeks, short_max_days,
                        min_hours_tenths, min_weeks, advice, source) VALUES
    ('jobcentre_plus', '2015-01-01', 30, 26, 5, 160, 13,
     'Suggest a Jobcentre Plus work trial, agreed with Jobcentre Plus before it is offered',
     'gov.uk, Jobcentre Plus help for recruiters: work trials'),
    ('private_unpaid', '2015-01-01', 1, NULL, NULL, NULL, NULL,
     'Suggest a private trial without pay; longer than that, the minimum wage normally has to be paid',
     'Government guidance on work trials and the minimum wage, December 2018'),
    ('paid', '2015-01-01', NULL, NULL, NULL, NULL, NULL,
     'Suggest a paid trial at the minimum wage or more',
     'National Minimum Wage Regulations 2015'),
    ('taster', '2015-01-01', NULL, NULL, NULL, NULL, NULL, '',
     'IPS guidance: hours of watching; once it assesses the person it is a trial');

INSERT INTO minimum_wage (effective_from, apprentice_pence, under_18_pence, from_18_pence,
                          from_21_pence, main_pence, main_age) VALUES
    ('2012-10-01', 265, 368, 498, 619, 619, 21),
    ('2013-10-01', 268, 372, 503, 631, 631, 21),
    ('2014-10-01', 273, 379, 513, 650, 650, 21),
    ('2015-10-01', 330, 387, 530, 670, 670, 21),
    ('2016-04-01', 330, 387, 530, 670, 720, 25),
    ('2016-10-01', 340, 400, 555, 695, 720, 25),
    ('2017-04-01', 350, 405, 560, 705, 750, 25),
    ('2018-04-01', 370, 420, 590, 738, 783, 25),
    ('2019-04-01', 390, 435, 615, 770, 821, 25),
    ('2020-04-01', 415, 455, 645, 820, 872, 25),
    ('2021-04-01', 430, 462, 656, 836, 891, 23),
    ('2022-04-01', 481, 481, 683, 918, 950, 23),
    ('2023-04-01', 528, 528, 749, 1018, 1042, 23),
    ('2024-04-01', 640, 640, 860, 1144, 1144, 21),
    ('2025-04-01', 755, 755, 1000, 1221, 1221, 21),
    ('2026-04-01', 800, 800, 1085, 1271, 1271, 21);

CREATE FUNCTION said_pence(pence integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '£' || to_char(pence / 100.0, 'FM999990.00');
COMMENT ON FUNCTION said_pence(integer) IS 'Pence as pounds: 1271 is £12.71.';

CREATE FUNCTION said_date(d date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(d, 'FMDD FMMonth YYYY');
COMMENT ON FUNCTION said_date(date) IS 'A day as people write it: 1 April 2026.';

CREATE FUNCTION said_day(d date, today date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE d - today WHEN 0 THEN 'today' WHEN 1 THEN 'tomorrow' WHEN -1 THEN 'yesterday'
            ELSE to_char(d, '"on" FMDay FMDD FMMonth')
                 || CASE WHEN date_part('year', d) = date_part('year', today) THEN ''
                         ELSE to_char(d, ' YYYY') END END;
COMMENT ON FUNCTION said_day(date, date) IS 'A day as seen from another: today, tomorrow, on Friday 27 November.';

CREATE FUNCTION said_days(n integer) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE n WHEN 1 THEN '1 day' ELSE n || ' days' END;
COMMENT ON FUNCTION said_days(integer) IS 'A number of days: 1 day, 5 days.';

-- A day before the first row reads the first row: older rates are not kept.
CREATE FUNCTION minimum_wage_on(d date) RETURNS minimum_wage
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$
BEGIN
    RETURN (SELECT m FROM minimum_wage m
             ORDER BY m.effective_from <= d DESC,
                      CASE WHEN m.effective_from <= d THEN d - m.effective_from
                           ELSE m.effective_from - d END
             LIMIT 1);
END
$$;
COMMENT ON FUNCTION minimum_wage_on(date) IS 'The rates that hold on a day.';

-- 21 and over reads the rate from 21: between 2016 and 2024 the main rate began later.
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

CREATE FUNCTION minimum_wage_for(band age_band, d date) RETURNS integer
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$ BEGIN RETURN minimum_wage_pence(band, minimum_wage_on(d)); END $$;
COMMENT ON FUNCTION minimum_wage_for(age_band, date) IS
    'Pence an hour for a band on a day; NULL for no band.';

CREATE FUNCTION minimum_wage_said(band age_band, d date) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = canvass, pg_temp
AS $$ BEGIN RETURN minimum_wage_words(band, minimum_wage_on(d)); END $$;
COMMENT ON FUNCTION minimum_wage_said(age_band, date) IS 'minimum_wage_words() of a day.';

CREATE FUNCTION trial_rule_on(kind trial_kind, d date) RETURNS trial_rule
LANGUAGE sql STABLE
SET search_path = canvass, pg_temp
AS $$
    SELECT r FROM trial_rule r
     WHERE r.kind = trial_rule_on.kind
     ORDER BY r.effective_from <= d DESC, r.effective_from DESC
     LIMIT 1
$$;
COMMENT ON FUNCTION trial_rule_on(trial_kind, date) IS 'The limits of a kind of trial on a day.';

-- Days that a trial for such a job may last; NULL: no limit. 0 weeks: the job has no end.
CREATE FUNCTION trial_days_for(rule trial_rule, expected_weeks integer) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN expected_weeks > 0 AND expected_weeks < (rule).short_under_weeks
            THEN (rule).short_max_days ELSE (rule).max_days END;
COMMENT ON FUNCTION trial_days_for(trial_rule, integer) IS
    'The most days that a trial may last for a job of so many weeks (0: without end).';

-- Whether a job of such hours and weeks may have a trial of this kind; what is not known (NULL or
-- 0 hours) may.
CREATE FUNCTION trial_fits(rule trial_rule, hours_tenths integer, expected_weeks integer)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (coalesce(hours_tenths, 0) = 0 OR hours_tenths >= coalesce((rule).min_hours_tenths, 0))
       AND (coalesce(expected_weeks, 0) = 0
            OR expected_weeks >= coalesce((rule).min_weeks, 0));
COMMENT ON FUNCTION trial_fits(trial_rule, integer, integer) IS
    'Whether a job has the hours and weeks that this kind of trial asks for.';

GRANT EXECUTE ON FUNCTION said_pence(integer), said_date(date), said_day(date, date), said_days(integer),
    minimum_wage_on(date), minimum_wage_pence(age_band, minimum_wage),
    minimum_wage_words(age_band, minimum_wage), minimum_wage_for(age_band, date),
    minimum_wage_said(age_band, date), trial_rule_on(trial_kind, date),
    trial_days_for(trial_rule, integer), trial_fits(trial_rule, integer, integer) TO canvass_app;

COMMIT;
