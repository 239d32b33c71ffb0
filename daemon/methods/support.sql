-- Support in and around jobs (proto/canvass/v1/support.proto).

-- canvass.v1.SupportService/AddSupport  roles: specialist lead  writes
SELECT add_support(:request) AS "."

-- canvass.v1.SupportService/ListSupport  roles: specialist lead  audits
SELECT support_json(s) AS "support", page_token(s.at::text, s.id::text) AS "next_page_token"
  FROM support s
  CROSS JOIN page_key(:page_token, 2) AS k (keys)
 WHERE (:client_id::uuid IS NULL OR s.client_id = :client_id)
   AND (:job_id::uuid IS NULL OR s.job_id = :job_id)
   AND (:given_to::support_to IS NULL OR s.given_to = :given_to)
   AND s.at >= coalesce(:since::timestamptz, '-infinity')
   AND s.at < coalesce(:before::timestamptz, 'infinity')
   AND (k.keys IS NULL OR (s.at, s.id) < (k.keys[1]::timestamptz, k.keys[2]::uuid))
 ORDER BY s.at DESC, s.id DESC
 LIMIT :page_size

-- canvass.v1.SupportService/ListSupportDue  roles: specialist lead  audits
SELECT d.due AS "due" FROM list_support_due(:team, :ahead_days) AS d (due)
