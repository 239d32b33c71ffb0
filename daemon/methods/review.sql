-- A lead's weekly page (proto/canvass/v1/review.proto). Rules are in migrations/deploy/review.sql.

-- canvass.v1.ReviewService/GetWeek  roles: specialist lead  audits
SELECT get_week(:request) AS "."

-- canvass.v1.ReviewService/ReviewWeek  roles: lead  writes
SELECT review_week(:request) AS "review"

-- canvass.v1.ReviewService/ListReviews  roles: specialist lead
SELECT review_json(r) AS "reviews", page_token(r.week_on::text) AS "next_page_token"
  FROM week_review r
  CROSS JOIN page_key(:page_token, 1) AS k (keys)
 WHERE r.specialist_id = coalesce(:specialist_id::uuid, actor())
   AND (k.keys IS NULL OR r.week_on < k.keys[1]::date)
 ORDER BY r.week_on DESC
 LIMIT :page_size
