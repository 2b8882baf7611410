-- What the pages of a framework must say first.
SELECT CASE name WHEN '' THEN '' ELSE name || '.' END AS name, text, CASE verified WHEN 'secondary' THEN '†' ELSE '' END AS mark
  FROM framework_note WHERE framework = :framework AND kind = 'limit' AND verified <> 'recalled' ORDER BY position
