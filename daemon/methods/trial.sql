-- Work trials and tasters (proto/canvass/v1/trial.proto). Rules are in migrations/deploy/trial.sql.

-- canvass.v1.TrialService/ProposeTrial  roles: specialist lead  writes
SELECT propose_trial(:request) AS "."

-- canvass.v1.TrialService/UpdateTrial  roles: specialist lead  writes
SELECT update_trial(:request) AS "."

-- canvass.v1.TrialService/AgreeTrial  roles: specialist lead  writes
SELECT agree_trial(:request) AS "."

-- canvass.v1.TrialService/BeginTrial  roles: specialist lead  writes
SELECT begin_trial(:request) AS "."

-- canvass.v1.TrialService/EndTrial  roles: specialist lead  writes
SELECT end_trial(:request) AS "."

-- canvass.v1.TrialService/CancelTrial  roles: specialist lead  writes
SELECT cancel_trial(:request) AS "."

-- canvass.v1.TrialService/ExtendTrial  roles: specialist lead  writes
SELECT extend_trial(:request) AS "."

-- canvass.v1.TrialService/GetTrial  roles: specialist lead  audits
SELECT trial_json(t) AS "trial" FROM trial t WHERE t.id = :trial_id

-- canvass.v1.TrialService/ListTrials  roles: specialist lead  audits
SELECT trial_json(t) AS "trials", page_token(t.starts_on::text, t.id::text) AS "next_page_token"
  FROM trial t
  CROSS JOIN page_key(:page_token, 2) AS k (keys)
 WHERE (:client_id::uuid IS NULL OR t.client_id = :client_id)
   AND (:opening_id::uuid IS NULL OR t.opening_id = :opening_id)
   AND (:employer_id::uuid IS NULL OR t.employer_id = standing_employer(:employer_id))
   AND CASE WHEN :status::trial_status IS NOT NULL THEN t.status = :status
            ELSE :ended::boolean OR t.status IN ('proposed', 'agreed', 'running') END
   AND (NOT :mine::boolean OR t.specialist_id = actor())
   AND (k.keys IS NULL OR (t.starts_on, t.id) < (k.keys[1]::date, k.keys[2]::uuid))
 ORDER BY t.starts_on DESC, t.id DESC
 LIMIT :page_size

-- canvass.v1.TrialService/GetLetter  roles: specialist lead  audits
SELECT trial_letter_of(:request) AS "."
