-- Visits, the diary, what is due (proto/canvass/v1/visit.proto).

-- canvass.v1.VisitService/RecordVisit  roles: specialist lead  writes
SELECT record_visit_guarded(:request) AS "."

-- canvass.v1.VisitService/CorrectVisit  roles: specialist lead  writes
SELECT correct_visit(:request) AS "visit"

-- canvass.v1.VisitService/GetVisit  roles: specialist lead  audits
SELECT visit_json(v) AS "visit" FROM visit v WHERE v.id = :visit_id

-- canvass.v1.VisitService/ListVisits  roles: specialist lead  audits
SELECT visit_json(v) AS "visits", page_token(s.at::text, s.id::text) AS "next_page_token"
  FROM standing_visit s
  JOIN visit v ON v.id = s.id
  CROSS JOIN page_key(:page_token, 2) AS k (keys)
 WHERE (:employer_id::uuid IS NULL OR s.employer_id = standing_employer(:employer_id))
   AND (:specialist_id::uuid IS NULL OR s.specialist_id = :specialist_id)
   AND (:client_id::uuid IS NULL
        OR EXISTS (SELECT FROM visit_client l WHERE l.visit_id = s.id AND l.client_id = :client_id))
   AND s.at >= coalesce(:since::timestamptz, '-infinity')
   AND s.at < coalesce(:before::timestamptz, 'infinity')
   AND (k.keys IS NULL OR (s.at, s.id) < (k.keys[1]::timestamptz, k.keys[2]::uuid))
 ORDER BY s.at DESC, s.id DESC
 LIMIT :page_size

-- canvass.v1.VisitService/CheckDoor  roles: specialist lead  audits
SELECT with_lessons(check_door(:request), standing_employer(:employer_id::uuid), :site_id::uuid, :role_soc::text) AS "."

-- canvass.v1.VisitService/PlanVisit  roles: specialist lead  writes
SELECT with_lessons(plan_visit_guarded(:request), standing_employer(:plan.employer_id::uuid), :plan.site_id::uuid,
                    :plan.role_soc::text) AS "."

-- canvass.v1.VisitService/CancelPlan  roles: specialist lead  writes
SELECT cancel_plan(:request) AS "plan"

-- canvass.v1.VisitService/ListDue  roles: specialist lead
SELECT relationship_json(r) AS "relationships", e.name AS "employers",
       coalesce(said_block(r.employer_id), '') AS "warnings",
       page_token(r.next_touch_at::text, r.employer_id::text) AS "next_page_token"
  FROM relationship r
  JOIN employer e ON e.id = r.employer_id
  CROSS JOIN page_key(:page_token, 2) AS k (keys)
 WHERE r.borough_id = borough()
   AND r.next_touch_at < coalesce(:before::timestamptz, london_midnight(london_today() + 1))
   AND (:borough::boolean OR r.lead_id = actor())
   AND (k.keys IS NULL
        OR (r.next_touch_at, r.employer_id) > (k.keys[1]::timestamptz, k.keys[2]::uuid))
 ORDER BY r.next_touch_at, r.employer_id
 LIMIT :page_size

-- canvass.v1.EmployerService/ListTimeline  roles: specialist lead  audits
SELECT t.at AS "entries.at", t.kind AS "entries.kind", t.borough AS "entries.borough",
       t.by AS "entries.by", t.sentence AS "entries.sentence",
       saw_visit(t.subject_id) AS "entries.subject_id", t.next_page_token AS "next_page_token"
  FROM timeline(standing_employer(:employer_id), :page_size, :page_token) AS t
