-- Reports (proto/canvass/v1/report.proto). Rules are in migrations/deploy/report.sql and figures.sql.

-- canvass.v1.ReportService/ListReports  roles: specialist lead auditor
SELECT report_json(d) AS "reports" FROM report_definition d ORDER BY d.place

-- canvass.v1.ReportService/GetReport  roles: specialist lead auditor
SELECT get_report(:request) AS "table"

-- canvass.v1.ReportService/GetReportRows  roles: specialist lead  audits
SELECT report_fact_json(r.subject, r.id, r.client_id, r.employer_id, r.on_day, r.line) AS "facts",
       page_token(r.n::text) AS "next_page_token"
  FROM report_behind(:request, :key, :column) AS r
  CROSS JOIN page_key(:page_token, 1) AS k (keys)
 WHERE k.keys IS NULL OR r.n > k.keys[1]::bigint
 ORDER BY r.n
 LIMIT :page_size

-- canvass.v1.ReportService/ExportReport  roles: lead auditor  audits
SELECT export_report(:request) AS "table"

-- canvass.v1.ReportService/SetContractedHours  roles: lead  writes
SELECT set_contracted_hours(:request) AS "hours"

-- canvass.v1.ReportService/ListContractedHours  roles: specialist lead
SELECT contracted_json(h) AS "hours", page_token(h.from_on::text, h.specialist_id::text) AS "next_page_token"
  FROM contracted_hours h
  CROSS JOIN page_key(:page_token, 2) AS k (keys)
 WHERE k.keys IS NULL OR (h.from_on, h.specialist_id) < (k.keys[1]::date, k.keys[2]::uuid)
 ORDER BY h.from_on DESC, h.specialist_id DESC
 LIMIT :page_size
