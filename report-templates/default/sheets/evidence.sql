-- Every answer that was kept, in the order of asking. Other sheets link to a row by its place in this order.
SELECT printf('E-%04d', n) AS ref, resource, status, CASE usable WHEN 1 THEN 'yes' ELSE 'no' END AS usable, received_at,
       coalesce(date_header, '') AS date_header, coalesce(api_version, '') AS api_version, page, size, sha256, subject, url,
       coalesce(request_id, '') AS request_id, coalesce(correlation_id, '') AS correlation_id
  FROM exchange ORDER BY n
