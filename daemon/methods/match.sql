-- What a match reads (proto/canvass/v1/match.proto); the engine in C ranks it. Each method has the
-- same parts: the day, and who asks; the clients, with where their journeys begin and what the law
-- asks for their age band (0 and the rate at 21 in words where the band is not known); the weights;
-- and, once openings were found in the daemon's catalogue, what the caller may see of them.

-- canvass.v1.MatchService/MatchClient#day  roles: specialist lead
SELECT coalesce(:on::date, london_today()) AS day, caller_audiences_packed() AS audiences

-- canvass.v1.MatchService/MatchClient#clients  roles: specialist lead  audits
SELECT client_json(c) AS "client", c.home_easting AS easting, c.home_northing AS northing,
       coalesce(minimum_wage_pence(c.age_band, m), 0) AS legal_pay,
       minimum_wage_words(c.age_band, m) AS legal_pay_sentence
  FROM client_to_match(:client_id::text, :ref::text) AS c,
       minimum_wage_on(coalesce(:on::date, london_today())) AS m

-- canvass.v1.MatchService/MatchClient#weights  roles: specialist lead
SELECT w.name, w.value FROM match_default w

-- canvass.v1.MatchService/MatchClient#shown  roles: specialist lead
SELECT o.* FROM openings_to_show(:found) AS o

-- canvass.v1.MatchService/ExplainMatch#day  roles: specialist lead
SELECT coalesce(:on::date, london_today()) AS day, caller_audiences_packed() AS audiences
  FROM opening_to_match(:opening_id)

-- canvass.v1.MatchService/ExplainMatch#clients  roles: specialist lead  audits
SELECT client_json(c) AS "client", c.home_easting AS easting, c.home_northing AS northing,
       coalesce(minimum_wage_pence(c.age_band, m), 0) AS legal_pay,
       minimum_wage_words(c.age_band, m) AS legal_pay_sentence
  FROM client_to_match(:client_id::text, :ref::text) AS c,
       minimum_wage_on(coalesce(:on::date, london_today())) AS m

-- canvass.v1.MatchService/ExplainMatch#weights  roles: specialist lead
SELECT w.name, w.value FROM match_default w

-- canvass.v1.MatchService/ExplainMatch#shown  roles: specialist lead
SELECT o.* FROM openings_to_show(:found) AS o

-- canvass.v1.MatchService/MatchOpening#day  roles: specialist lead
SELECT coalesce(:on::date, london_today()) AS day, caller_audiences_packed() AS audiences
  FROM opening_to_match(:opening_id)

-- canvass.v1.MatchService/MatchOpening#clients  roles: specialist lead  audits
SELECT client_json(c) AS "client", c.home_easting AS easting, c.home_northing AS northing,
       coalesce(minimum_wage_pence(c.age_band, m), 0) AS legal_pay,
       minimum_wage_words(c.age_band, m) AS legal_pay_sentence
  FROM client AS c,
       minimum_wage_on(coalesce(:on::date, london_today())) AS m
 WHERE c.status <> 'discharged' AND (:team::boolean OR c.specialist_id = actor())

-- canvass.v1.MatchService/MatchOpening#weights  roles: specialist lead
SELECT w.name, w.value FROM match_default w

-- canvass.v1.MatchService/SuggestTargets  roles: specialist lead  audits
SELECT suggest_targets(:request) AS "."
