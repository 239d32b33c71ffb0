-- Jobs of clients (proto/canvass/v1/job.proto).

-- canvass.v1.JobService/StartJob  roles: specialist lead  writes
SELECT start_job(:request) AS "."

-- canvass.v1.JobService/UpdateJob  roles: specialist lead  writes
SELECT update_job(:request) AS "job"

-- canvass.v1.JobService/ChangeTerms  roles: specialist lead  writes
SELECT change_terms(:request) AS "job"

-- canvass.v1.JobService/EndJob  roles: specialist lead  writes
SELECT end_job(:request) AS "."

-- canvass.v1.JobService/AddLostShift  roles: specialist lead  writes
SELECT add_lost_shift(:request) AS "job"

-- canvass.v1.JobService/RemoveLostShift  roles: specialist lead  writes
SELECT remove_lost_shift(:request) AS "job"

-- canvass.v1.JobService/GetJob  roles: specialist lead  audits
SELECT job_json(job_of(:request)) AS "job"

-- canvass.v1.JobService/ListJobs  roles: specialist lead  audits
SELECT job_json(j, false) AS "jobs", page_token(j.starts_on::text, j.id::text) AS "next_page_token"
  FROM job j
  JOIN client c ON c.id = j.client_id
  CROSS JOIN page_key(:page_token, 2) AS k (keys)
 WHERE (:client_id::uuid IS NULL OR j.client_id = :client_id)
   AND (:employer_id::uuid IS NULL OR j.employer_id = standing_employer(:employer_id))
   AND (NOT :mine::boolean OR c.specialist_id = actor())
   AND (:ended::boolean OR j.ends_on IS NULL)
   AND (k.keys IS NULL OR (j.starts_on, j.id) < (k.keys[1]::date, k.keys[2]::uuid))
 ORDER BY j.starts_on DESC, j.id DESC
 LIMIT :page_size
