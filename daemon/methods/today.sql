-- The day's list (proto/canvass/v1/today.proto).

-- canvass.v1.TodayService/GetToday  roles: specialist lead  audits
SELECT t.kind AS "items.kind", t.at AS "items.at", t.employer_id AS "items.employer_id",
       t.employer AS "items.employer", t.postcode AS "items.postcode",
       saw_client_ref(t.client_ref) AS "items.client_ref", t.sentence AS "items.sentence",
       t.subject_id AS "items.subject_id", t.whole_day AS "items.whole_day", t.metres AS "items.metres"
  FROM day_list(:on, :closing_days, :from_postcode) AS t
